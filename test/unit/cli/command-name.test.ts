/** Input: how Confer was started. Output: what to type to start it again in the same way. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { it } from 'node:test';
import { commandFor, shellWord } from '../../../src/cli/command-name.ts';

const here = {
  npmEvent: undefined,
  script: '/opt/confer/src/cli.ts',
  nodeOptions: [],
  directory: '/opt/confer',
};

it('commands are printed in the form in which Confer was started', () => {
  assert.equal(commandFor({ ...here, npmEvent: 'confer' }), 'npm run -s confer --');
  assert.equal(commandFor({ ...here, npmEvent: 'start' }), 'npm run -s confer --');
  assert.equal(commandFor({ ...here, npmEvent: 'npx' }), 'npx confer');
  assert.equal(commandFor({ ...here, script: '/usr/local/bin/confer' }), 'confer');
  assert.equal(commandFor({ ...here, script: '/opt/confer/bin/confer.js' }), 'confer');
  assert.equal(commandFor({ ...here, nodeOptions: ['--disable-warning=ExperimentalWarning'] }), 'confer');
  assert.equal(commandFor(here), 'node src/cli.ts');
  assert.equal(commandFor({ ...here, directory: '/home/my own' }), 'node /opt/confer/src/cli.ts');
});

it('words are quoted where a shell would not take them as they are', () => {
  for (const word of [
    'a b.yaml',
    "it's",
    '$(id)',
    '*',
    '',
    'topologies/x.yaml',
    'drop=0.1,delay=0.2',
    'ü',
    '~/x',
  ]) {
    const { stdout } = spawnSync('sh', ['-c', `printf %s ${shellWord(word)}`], { encoding: 'utf8' });
    assert.equal(stdout, word);
  }
  assert.equal(shellWord('topologies/x.yaml'), 'topologies/x.yaml');
});
