/** `confer agent`, `ask`, `report` and `pki` against live agents of a modelled lab. */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, cpSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parse, stringify } from 'yaml';
import { thumbprintHexOf } from '../../crypto/certificate.ts';
import { keyPairFromPem } from '../../crypto/keys.ts';
import { limits } from '../../src/core/limits.ts';
import { parseTopology } from '../../src/core/topology.ts';
import { type Lab, startLab } from '../../src/lab/lab.ts';
import { createModelledWorld } from '../../src/lab/modelled-world.ts';
import { serveDevice } from '../../src/sim/device-server.ts';
import { ModelledNetwork } from '../../src/sim/network.ts';
import { createSystemClock } from '../../src/system/clock.ts';
import { loadIdentity } from '../../src/system/identity.ts';
import { type Identity, listenMtls } from '../../src/system/mtls.ts';
import { createSystemRandom } from '../../src/system/random.ts';
import { startAgent } from '../unit/mcp/world.ts';
import { cli, confer, node, refuses, scratch, start, threeRouters } from './confer.ts';

const sentence = 'Verify packet loss on the SRv6 path from PE-1 to PE-3 via P-2';
const clock = createSystemClock();
const random = createSystemRandom();
const topology = parseTopology(readFileSync(threeRouters, 'utf8'), threeRouters);
const directory = scratch();
let lab: Lab;
let agent: string;

before(async () => {
  const commandFile = cli;
  const world = await createModelledWorld(topology, { clock, random, commandFile });
  const { signal } = new AbortController();
  lab = await startLab(world, { directory: join(directory.path, 'lab'), clock, signal, onLine: () => {} });
  const { host, port } = world.endpoint('PE-1');
  agent = `https://${host}:${port}`;
});

after(async () => {
  await lab?.[Symbol.asyncDispose]();
  directory[Symbol.dispose]();
});

const asking = (identity: string, url = agent) => ['--agent', url, '--identity', identity];

describe('confer ask', () => {
  it('prints the report for people, progress on stderr, and writes it where it is told', async () => {
    const out = join(directory.path, 'asked');
    const { code, stdout, stderr } = await confer('ask', sentence, ...asking(lab.operator), '--out', out);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^NO_FAULT: /);
    assert.match(stdout, /^The report holds\.$/m);
    assert.match(stderr, /^calls: /m);
    assert.ok(existsSync(join(out, 'report.json')));
    const shown = await confer('report', 'show', join(out, 'report.json'));
    assert.equal(shown.code, 0);
    assert.ok(stdout.startsWith(shown.stdout.trimEnd()), shown.stdout);
  });

  it('--json prints one JSON object', async () => {
    const { code, stdout } = await confer('ask', '--json', ...asking(lab.operator), '--', sentence);
    assert.equal(code, 0);
    const { report, verification, ...rest } = JSON.parse(stdout);
    assert.deepEqual(rest, {});
    assert.equal(report.intentText, sentence);
    assert.equal(verification.ok, true);
  });

  it('tells an unknown node with the nearest names: bad input', async () => {
    const { code, stdout, stderr } = await confer('ask', 'loss from PE-1 to PE-7', ...asking(lab.operator));
    assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
    assert.match(stderr, /^confer: Nobody announced PE-7; nearest known names: PE-1, PE-3, P-2/m);
  });

  it('tells an intent that cannot be served: bad input', () =>
    refuses(['ask', 'hello', ...asking(lab.operator)], 2, /cannot be served: no path was found/));

  it('tells a structured intent that does not fit, every field: bad input', () =>
    refuses(
      ['ask', '{"kind":"path-loss","head":1}', ...asking(lab.operator)],
      2,
      /head: expected text, found 1; tail: /,
    ));

  it('tells an empty intent: bad input', () => refuses(['ask', ' ', ...asking(lab.operator)], 2, /empty/));

  it('tells an agent that cannot be reached', async () => {
    const [port, free] = await takenPort();
    free();
    const url = `https://127.0.0.1:${port}`;
    await refuses(
      ['ask', sentence, ...asking(lab.operator, url)],
      1,
      /127\.0\.0\.1 port \d+ cannot be reached/,
    );
  });

  it('tells an agent whose name nobody knows', () =>
    refuses(
      ['ask', sentence, ...asking(lab.operator, 'no-such-router.invalid')],
      1,
      /no-such-router.* reached/,
    ));

  it('tells an agent of another authority', async () => {
    const pki = join(directory.path, 'foreign');
    assert.equal((await confer('pki', 'init', '--dir', pki)).code, 0);
    assert.equal((await confer('pki', 'issue', '--dir', pki, '--node', 'eve', '--role', 'operator')).code, 0);
    await refuses(['ask', sentence, ...asking(join(pki, 'eve'))], 1, /is not one of our devices/);
  });

  it('tells an agent that does not know our authority', async () => {
    const stranger = join(directory.path, 'stranger');
    cpSync(join(directory.path, 'foreign', 'eve'), stranger, { recursive: true });
    cpSync(lab.trustAnchorFile, join(stranger, 'ca.pem'));
    await refuses(['ask', sentence, ...asking(stranger)], 1, / does not admit our certificate\./);
  });

  it('tells a device that it may not ask', () =>
    refuses(['ask', sentence, ...asking(join(lab.operator, '../nodes/P-2'))], 1, /P-2 \(device\) may not/));

  it('refuses an old report that the agent hands out again, signed anew, for the intent', async () => {
    const asked = await confer('ask', '--json', ...asking(lab.operator), '--', sentence);
    const { report: old } = JSON.parse(asked.stdout);
    const identity = loadIdentity(join(lab.operator, '../nodes/PE-1'));
    await using dishonest = await startAgent({
      ...identity,
      keyPair: keyPairFromPem(identity.keyPem),
      thumbprint: thumbprintHexOf(identity.certificatePem),
    });
    dishonest.service.answers.set('troubleshoot', async () => old);
    const again = async (intent: string) => {
      const place = asking(lab.operator, `127.0.0.1:${dishonest.port}`);
      const { code, stdout, stderr } = await confer('ask', '--json', ...place, '--', intent);
      const { ok, checks } = JSON.parse(stdout).verification;
      const broken = checks.filter((check: { ok: boolean }) => !check.ok);
      assert.deepEqual([code, ok, broken.length, broken[0]?.name], [1, false, 1, 'as asked'], stderr);
      return broken[0].detail;
    };
    assert.match(
      await again('Verify packet loss on the SRv6 path from PE-3 to PE-1 via P-2'),
      /^the report answers another intent: "Verify packet loss on the SRv6 path from PE-1 to PE-3 via P-2"$/,
    );
    // Older than what is forgiven to clocks that disagree.
    await clock.sleep(Date.parse(old.created) + limits.clockSkewMs + 100 - clock.now());
    assert.match(await again(sentence), /it was asked for from .*: it is an old one, or one of the clocks/);
  });

  it('ends at Ctrl-C without a report', async () => {
    const asked = start(['ask', sentence, ...asking(lab.operator)]);
    await asked.printed(/^calls: /m);
    asked.child.kill('SIGINT');
    const { code, stdout, stderr } = await asked.ended;
    assert.deepEqual({ code, stdout }, { code: 1, stdout: '' }, stderr);
    assert.match(stderr, /^confer: Interrupted; the intent was taken back\.$/m);
  });
});

describe('confer report', () => {
  it('lists and shows what an agent keeps', async () => {
    const asked = await confer('ask', '--json', ...asking(lab.operator), '--', sentence);
    const { report } = JSON.parse(asked.stdout);
    const listed = await confer('report', 'list', ...asking(lab.operator));
    assert.match(
      listed.stdout,
      new RegExp(`^${report['session-id']}  ${report.created}  NO_FAULT  no fault  "${sentence}"$`, 'm'),
    );
    const json = await confer('report', 'list', '--json', ...asking(lab.operator));
    const uris = JSON.parse(json.stdout).map(({ uri }: { uri: string }) => uri);
    assert.ok(uris.includes(report.uri));
    const shown = await confer('report', 'show', '--json', report['session-id'], ...asking(lab.operator));
    assert.deepEqual(JSON.parse(shown.stdout), report);
  });

  it('lists nothing to a device, and says that it may not', () =>
    refuses(
      ['report', 'list', ...asking(join(lab.operator, '../nodes/P-2'))],
      1,
      /P-2 \(device\) may not read .*report/,
    ));

  it('tells a report that is not there', () =>
    refuses(['report', 'show', 'ffff', ...asking(lab.operator)], 1, /report\/ffff is not on this device/));

  it('verify names what does not hold, with exit code 1', async () => {
    const file = join(directory.path, 'asked', 'report.json');
    const text = readFileSync(file, 'utf8');
    const changed = join(directory.path, 'changed.json');
    const verify = (trust: string) => confer('report', 'verify', changed, '--trust', trust);
    const cases: [string, RegExp][] = [
      [
        text.replace('"verdict":"NO_FAULT"', '"verdict":"CONFIRMED"'),
        /BROKEN conclusion: verdict does not follow/,
      ],
      [text.replace('"summary":"', '"summary":"A lot of '), /BROKEN conclusion: summary says/],
      [`${text}\n`, /BROKEN form: /],
      ['gibberish', /BROKEN form: /],
    ];
    for (const [content, told] of cases) {
      assert.notEqual(content, text);
      writeFileSync(changed, content);
      const { code, stdout } = await verify(lab.trustAnchorFile);
      assert.equal(code, 1);
      assert.match(stdout, told);
      assert.match(stdout, /^The report does NOT hold\.$/m);
    }
    writeFileSync(changed, text);
    const other = await verify(join(directory.path, 'foreign', 'ca.pem'));
    assert.equal(other.code, 1);
    assert.match(other.stdout, /BROKEN certificates: certificate of .* was not issued by/);
    const json = await confer('report', 'verify', '--json', changed, '--trust', lab.trustAnchorFile);
    assert.deepEqual({ code: json.code, ok: JSON.parse(json.stdout).ok }, { code: 0, ok: true });
  });
});

describe('confer pki', () => {
  it('makes an authority once, and identities that only their owner reads', async () => {
    const pki = join(directory.path, 'pki');
    const made = await confer('pki', 'init', '--dir', pki, '--name', 'My lab', '--days', '30');
    assert.deepEqual(
      [made.code, made.stdout],
      [0, `${join(pki, 'ca.pem')}: authority "My lab" for 30 days\n`],
    );
    await refuses(['pki', 'init', '--dir', pki], 2, /ca\.pem exists; choose another --dir/);
    const issue = ['pki', 'issue', '--dir', pki, '--node'];
    const issued = await confer(...issue, 'PE-1', '--host', '2001:db8::1,pe-1.example');
    assert.deepEqual([issued.code, issued.stdout], [0, `${join(pki, 'PE-1')}: device PE-1 for 24 hours\n`]);
    for (const file of ['certificate.pem', 'key.pem', 'ca.pem'])
      assert.ok(existsSync(join(pki, 'PE-1', file)));
    for (const key of ['ca-key.pem', 'PE-1/key.pem']) assert.equal(statSync(join(pki, key)).mode & 0o077, 0);
    await refuses([...issue, ''], 2, /--node: expected a node name of letters, digits, .*, found ""/);
    await refuses([...issue, 'A', '--host', 'not a host'], 2, /"not a host" is neither an IP address nor/);
  });
});

describe('confer pki revoke', () => {
  it('writes a list that agents take, and says how to hand it to them', async () => {
    const pki = join(directory.path, 'revoking');
    await confer('pki', 'init', '--dir', pki);
    for (const name of ['PE-1', 'bob'])
      await confer(
        'pki',
        'issue',
        '--dir',
        pki,
        '--node',
        name,
        '--role',
        name === 'bob' ? 'operator' : 'device',
      );
    const revoked = await confer('pki', 'revoke', '--dir', pki, '--node', 'bob');
    assert.equal(revoked.code, 0, revoked.stderr);
    assert.match(revoked.stdout, /^bob: 1 certificate revoked\n.*crl\.pem: list number 1, good until 20/);
    assert.match(revoked.stdout, /revocations\.pem in the identity directory of every other agent/);
    await refuses(['pki', 'revoke', '--dir', pki, '--node', 'bob'], 2, /bob has no certificate/);
    await refuses(['pki', 'revoke', '--dir', pki, '--node', 'eve'], 2, /eve has no certificate/);
    await refuses(['pki', 'revoke', '--dir', join(pki, 'none'), '--node', 'bob'], 2, /confer pki init/);
    copyFileSync(join(pki, 'crl.pem'), join(pki, 'PE-1', 'revocations.pem'));
    const refusals: string[] = [];
    await using server = await listening(loadIdentity(join(pki, 'PE-1')), (reason) => refusals.push(reason));
    const asked = await confer('report', 'list', ...asking(join(pki, 'bob'), server.url));
    assert.equal(asked.code, 1);
    assert.deepEqual(refusals, ['revoked']);
  });
});

describe('confer agent', () => {
  it('stops at SIGTERM with exit code 0, and its log is JSON lines', async () => {
    const child = modelledAgent('PE-1');
    const logged = logOf(child);
    await logged('"serving"');
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    const log = await logged('');
    assert.equal(code, 0, log);
    const messages = log
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).message);
    assert.equal(messages.at(-1), 'stopping');
  });

  it('turns away whoever is revoked while it runs, without a restart, and serves the others', async () => {
    const authority = join(lab.operator, '../ca');
    const operators = ['bob', 'carol'];
    for (const name of operators) {
      const issue = ['pki', 'issue', '--dir', authority, '--node', name, '--role', 'operator'];
      assert.equal((await confer(...issue, '--out', join(directory.path, name))).code, 0);
    }
    const own = agentFile('PE-3', { identity: '.' });
    const { file, settings } = own;
    const child = modelledAgent('PE-3', {}, own);
    const logged = logOf(child);
    try {
      await logged('"serving"');
      const url = `https://127.0.0.2:${settings.listen.port}`;
      const list = (name: string) => confer('report', 'list', ...asking(join(directory.path, name), url));
      assert.deepEqual(await Promise.all(operators.map(async (name) => (await list(name)).code)), [0, 0]);
      assert.equal((await confer('pki', 'revoke', '--dir', authority, '--node', 'bob')).code, 0);
      copyFileSync(join(authority, 'crl.pem'), join(file, '../revocations.pem'));
      await logged('"revocation list taken"');
      assert.deepEqual(await Promise.all(operators.map(async (name) => (await list(name)).code)), [1, 0]);
      await logged('"reason":"revoked"');
    } finally {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  });

  it('tells a port that is taken in one sentence, and ends', async () => {
    const [port, free] = await takenPort();
    try {
      const { code, stderr } = await endOf(modelledAgent('PE-3', { listen: { host: '127.0.0.1', port } }));
      assert.equal(code, 1, stderr);
      assert.equal(
        stderr,
        `confer: cannot listen on 127.0.0.1 port ${port}: another process listens there; stop it or choose another port.\n`,
      );
    } finally {
      free();
    }
  });

  it('tells an address that this machine does not have', async () => {
    const listen = { host: '192.0.2.1', port: 9514 };
    const { code, stderr } = await endOf(modelledAgent('PE-3', { listen }));
    assert.equal(code, 2, stderr);
    assert.match(
      stderr,
      /^confer: cannot listen on 192\.0\.2\.1 port 9514: this machine does not have the address/,
    );
  });

  it("tells an identity that is another node's", async () => {
    const { code, stderr } = await endOf(modelledAgent('PE-3', { node: 'PE-4' }));
    assert.equal(code, 2, stderr);
    assert.match(stderr, /^confer: .*agent\.yaml: node is PE-4, but the certificate in .* names PE-3\.$/m);
  });

  it('tells a key that is none', async () => {
    const identity = join(directory.path, 'keyless');
    cpSync(join(lab.operator, '../nodes/PE-3'), identity, { recursive: true });
    rmSync(join(identity, 'store'), { recursive: true, force: true });
    writeFileSync(join(identity, 'key.pem'), 'no key');
    const { code, stderr } = await endOf(modelledAgent('PE-3', { identity }));
    assert.equal(code, 2, stderr);
    assert.match(stderr, /^confer: .*key/);
    assert.equal(stderr.trim().split('\n').length, 1, stderr);
  });

  it('tells that the modelled driver belongs to a lab', async () => {
    const { file } = agentFile('PE-3', {});
    await refuses(['agent', '--config', file], 1, /lab/);
  });
});

/** agent.yaml of a node of the lab, with a store of its own and these changes. */
function agentFile(name: string, changes: object) {
  const home = join(lab.operator, '../nodes', name);
  const original = parse(readFileSync(join(home, 'agent.yaml'), 'utf8'));
  const place = join(directory.path, `agent-${Math.random().toString(36).slice(2)}`);
  cpSync(home, place, { recursive: true, filter: (source) => !source.endsWith('store') });
  const file = join(place, 'agent.yaml');
  const listen = { host: '127.0.0.2', port: original.listen.port };
  const settings = { ...original, listen, store: join(place, 'new-store'), ...changes };
  writeFileSync(file, stringify(settings));
  return { file, settings };
}

function modelledAgent(name: string, changes: object = {}, { file } = agentFile(name, changes)) {
  const network = new ModelledNetwork(topology, { clock, random });
  const child = fork(cli, ['agent', '--config', file], {
    execPath: node,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  serveDevice(child, {
    driver: network.router(name),
    frames: network.framePort(name),
    reach: async (host, port) => ({ host, port }),
  });
  return child;
}

/** Everything that the agent has logged, as soon as that includes `text`. */
function logOf({ stderr }: ReturnType<typeof fork>): (text: string) => Promise<string> {
  let log = '';
  stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    log += chunk;
  });
  return async (text) => {
    while (!log.includes(text)) {
      assert.ok(stderr?.readable, `ended before ${text}: ${log}`);
      await once(stderr, 'data', { signal: AbortSignal.timeout(30_000) });
    }
    return log;
  };
}

async function endOf(child: ReturnType<typeof fork>): Promise<{ code: number | null; stderr: string }> {
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
  const [code] = await once(child, 'close');
  clearTimeout(timer);
  return { code, stderr };
}

async function takenPort(): Promise<[port: number, free: () => void]> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return [typeof address === 'object' && address !== null ? address.port : 0, () => server.close()];
}

/** The accepting end of an agent, which tells whom it turned away. */
async function listening(identity: Identity, onReason: (reason: string) => void) {
  const listener = await listenMtls({
    identity,
    host: '127.0.0.1',
    port: 0,
    onConnection: (socket) => socket.destroy(),
    onRefused: ({ reason }) => onReason(reason),
  });
  return {
    url: `https://127.0.0.1:${listener.port}`,
    [Symbol.asyncDispose]: () => listener.close(),
  };
}
