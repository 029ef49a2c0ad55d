/** The liar and the replayer of the simulation: that they lie, how, and that each lie is counted. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { digestOf } from '../../crypto/canonical.ts';
import { openAnswer, type SignedAnswer, sealAnswer } from '../../crypto/envelope.ts';
import type { DeviceDriver } from '../../src/core/ports.ts';
import type { CallContext, Service, ServiceAnswer } from '../../src/core/service.ts';
import { identityOf } from '../../src/sim/identities.ts';
import { lyingDevice } from '../../src/sim/lying-device.ts';
import { replayingService } from '../../src/sim/replaying-service.ts';
import { createSeededRandom } from '../../src/sim/seeded-random.ts';
import { Trace } from '../../src/sim/trace.ts';

const identity = identityOf('P-2');
const context: CallContext = {
  caller: { name: 'PE-1', role: 'device', thumbprint: '00' },
  session: 's1',
  signal: new AbortController().signal,
};

/** A service that answers every question with its number. */
function honestService(): Service {
  let nonce = 0;
  const answer = async (uri: string, { caller, session = '' }: CallContext): Promise<ServiceAnswer> => {
    nonce += 1;
    const data = { nonce };
    const content = [{ uri, text: JSON.stringify(data) }];
    const statement = {
      operation: { uri },
      argumentsHash: digestOf({}),
      nonce,
      session,
      signer: 'P-2',
      caller: caller.name,
      signedAt: '2026-07-01T12:00:00.000Z',
    };
    const key = { privateKey: identity.keyPair.privateKey, certificatePem: identity.certificatePem };
    const signed = sealAnswer(statement, { data, contentHash: digestOf(content), isError: false }, key);
    return { content, data, isError: false, signed };
  };
  return { node: 'P-2', readResource: answer } as Partial<Service> as Service;
}

/** As it arrives: the wire computes the answer anew from the content. */
function arrived({ content, signed }: ServiceAnswer): SignedAnswer {
  const text = String(content[0]?.text);
  return { ...signed, answer: { data: JSON.parse(text), contentHash: digestOf(content), isError: false } };
}

describe('a replaying peer', () => {
  it('gives answers that no honest caller takes, of many kinds, and counts each', async () => {
    const trace = new Trace(() => 0);
    const replaying = { identity, random: createSeededRandom(3), trace, probability: 0.5, onSpentNonce() {} };
    const service = replayingService(honestService(), replaying);
    const reasons = new Map<string, number>();
    let nonceAbove = 0;
    let honest = 0;
    for (let count = 0; count < 400; count += 1) {
      const uri = `urn:${count % 3}`;
      const signed = arrived(await service.readResource(uri, context));
      const opened = openAnswer(signed, {
        operation: { uri },
        argumentsHash: digestOf({}),
        session: 's1',
        signer: 'P-2',
        caller: 'PE-1',
        certificate: identity.certificatePem,
        nonceAbove,
      });
      if (opened.ok) {
        honest += 1;
        nonceAbove = signed.statement.nonce;
      } else reasons.set(opened.reason, (reasons.get(opened.reason) ?? 0) + 1);
    }
    const refused = [...reasons.values()].reduce((sum, count) => sum + count, 0);
    // A spent nonce of an answer that was replaced by a lie is as good as new.
    assert.ok(Math.abs(trace.faultCounts.replayer - refused) <= 5, `${trace.faultCounts.replayer} counted`);
    assert.ok(honest > 150 && refused > 100, `${honest} honest, ${refused} refused`);
    const expected = [
      'bad-signature',
      'replay',
      'wrong-arguments',
      'wrong-caller',
      'wrong-operation',
      'wrong-result',
      'wrong-session',
      'wrong-signer',
    ];
    assert.deepEqual([...reasons.keys()].sort(), expected);
  });

  it('is honest when it never lies', async () => {
    const trace = new Trace(() => 0);
    const replaying = { identity, random: createSeededRandom(3), trace, probability: 0, onSpentNonce() {} };
    const service = replayingService(honestService(), replaying);
    for (let count = 1; count <= 20; count += 1)
      assert.deepEqual((await service.readResource('urn:x', context)).data, { nonce: count });
    assert.equal(trace.faultEvents, 0);
  });
});

describe('a lying peer', () => {
  it('invents its marking counters, always by the same factor, and nothing else', async () => {
    const counting = (packets: number) => ({
      'confer-device:counting': {
        id: 'c1',
        flow: [
          {
            'flow-label': 7,
            interface: [{ name: 'eth0', in: String(packets), out: String(packets) }],
            delivered: String(packets),
          },
        ],
      },
    });
    let packets = 1_000;
    const driver = {
      read: async (path: string) => (path.includes('counting') ? counting(packets) : { honest: true }),
    } as Partial<DeviceDriver> as DeviceDriver;
    const trace = new Trace(() => 0);
    const liar = lyingDevice(driver, createSeededRandom(5), trace);
    const { signal } = context;
    assert.deepEqual(await liar.read('/ietf-interfaces:interfaces', signal), { honest: true });
    const one = JSON.stringify(await liar.read('/confer-device:counting=c1', signal));
    packets = 2_000;
    const other = JSON.stringify(await liar.read('/confer-device:counting=c1', signal));
    const counters = (text: string) =>
      [...text.matchAll(/"(?:in|out|delivered)":"(\d+)"/g)].map(([, n]) => Number(n));
    assert.notDeepEqual(counters(one), [1_000, 1_000, 1_000]);
    for (const [index, counter] of counters(one).entries())
      assert.ok(Math.abs((counters(other)[index] ?? 0) - 2 * counter) <= 1);
    assert.equal(trace.faultCounts.liar, 2);
  });
});
