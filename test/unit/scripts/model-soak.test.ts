/** The soak of the on-box models in its short form, and that it does not pass over what goes wrong. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { hasModel, shippedModel } from '../../../src/system/model-store.ts';
import { node } from '../../cli/confer.ts';
import { root } from '../../support/source.ts';

const random = join(root, 'test', 'vectors', 'decoders', 'grouped');

async function soak(args: string[], hear: (line: string) => void = () => {}) {
  const child = spawn(node, ['scripts/model-soak.ts', ...args], { cwd: root });
  const lines: string[] = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const whole = (rest + text).split('\n');
    rest = whole.pop() ?? '';
    for (const line of whole) {
      lines.push(line);
      hear(line);
    }
  });
  const [code] = await once(child, 'close');
  return { code, lines };
}

describe('the soak of the on-box models', { concurrency: 2 }, () => {
  it('asks for intents and, behind every tenth, for causes; and tells the memory of the cell at every quarter', async () => {
    const name = hasModel(shippedModel) ? shippedModel : random;
    const { code, lines } = await soak(['--intents', '24', '--minutes', '0', '--model', name]);
    assert.equal(code, 0, lines.join('\n'));
    assert.deepEqual(
      lines
        .slice(0, -1)
        .map((line) => /^(.*): cell \d+ \d+\.\d MiB; this process \d+\.\d MiB$/.exec(line)?.[1]),
      ['start', '6 intents', '12 intents', '18 intents', 'end'],
    );
    assert.match(
      lines.at(-1) ?? '',
      /: 24 intents of 6 texts, p50 .*; 3 rankings of 3 reports, p50 .*; 0 failures$/,
    );
  });

  it('fails where the cell ends in between', async () => {
    const kill = (line: string) => {
      const [, pid] = /^start: cell (\d+)/.exec(line) ?? [];
      if (pid !== undefined) process.kill(Number(pid), 'SIGKILL');
    };
    const { code, lines } = await soak(['--intents', '20', '--minutes', '0.05', '--model', random], kill);
    assert.equal(code, 1);
    assert.match(lines.join('\n'), /FAILED .*its process ended \(SIGKILL\)/);
  });
});
