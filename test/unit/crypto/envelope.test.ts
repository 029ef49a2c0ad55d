import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { describe, it } from 'node:test';
import * as noble from '@noble/ed25519';
import fc from 'fast-check';
import { canonicalBytes, digestOf } from '../../../crypto/canonical.ts';
import {
  type Answer,
  type ExpectedAnswer,
  openAnswer,
  preAuthenticationEncoding,
  type SignedAnswer,
  sealAnswer,
  signBytes,
  signedAnswerShape,
  statementType,
  verifyBytes,
  verifyStatement,
} from '../../../crypto/envelope.ts';
import { isSmallOrder, keyPairFromSeed, publicKeyOf, rawPublicKey } from '../../../crypto/keys.ts';
import { deviceOf } from './fixtures.ts';

const p2 = deviceOf('P-2', 2);
const pe3 = deviceOf('PE-3', 3);
const answer: Answer = {
  data: { sent: 2000, received: 1936, hops: ['P-2', null], loss: 3.2 },
  contentHash: digestOf([{ type: 'text', text: '1936 of 2000 arrived' }]),
  isError: false,
};
const request = {
  operation: { tool: 'ietf-srv6-ping' },
  argumentsHash: digestOf({ destination: 'fc00:3::1', count: 2000 }),
  session: 'urn:uuid:7d2f6f0c-0001',
  caller: 'PE-1',
};
const statement = { ...request, signer: 'P-2', nonce: 7, signedAt: '2026-07-01T12:00:00.000Z' };
const signed = sealAnswer(statement, answer, p2);
const expected: ExpectedAnswer = {
  ...request,
  signer: 'P-2',
  certificate: p2.certificatePem,
  nonceAbove: 6,
};

function refusal(candidate: unknown, changes: Partial<ExpectedAnswer> = {}): string {
  const shape = signedAnswerShape.safeParse(candidate);
  if (!shape.success) return 'malformed';
  const opened = openAnswer(shape.data, { ...expected, ...changes });
  if (opened.ok) return 'accepted';
  assert.match(opened.detail, /\.$/);
  return opened.reason;
}

describe('signed answers', () => {
  it('opens what was sealed, also after it travelled as JSON with other member order', () => {
    const travelled: SignedAnswer = JSON.parse(JSON.stringify(signed));
    const reordered = {
      ...travelled,
      statement: Object.fromEntries(Object.entries(travelled.statement).reverse()),
    };
    for (const copy of [signed, travelled, reordered as unknown as SignedAnswer]) {
      assert.deepEqual(openAnswer(copy, expected), { ok: true, answer });
    }
    assert.equal(verifyStatement(signed).ok, true);
  });

  it('takes the peer by PEM or by thumbprint, and resources like tools', () => {
    const thumbprint = '0'.repeat(64);
    assert.equal(refusal(signed, { certificate: thumbprint }), 'wrong-certificate');
    const uri = 'network:///ietf-interfaces:interfaces';
    const read = sealAnswer({ ...statement, operation: { uri } }, answer, p2);
    assert.equal(refusal(read, { operation: { uri } }), 'accepted');
    assert.equal(refusal(read), 'wrong-operation');
    assert.equal(refusal(read, { operation: { tool: uri } }), 'wrong-operation');
  });

  // Threat 13: a good answer shown for another request, to another caller, or as another peer's.
  it('refuses an answer that was swapped across requests, sessions, callers and peers', () => {
    assert.equal(refusal(signed, { operation: { tool: 'ietf-ping' } }), 'wrong-operation');
    assert.equal(refusal(signed, { argumentsHash: digestOf({ count: 1 }) }), 'wrong-arguments');
    assert.equal(refusal(signed, { session: 'urn:uuid:7d2f6f0c-0002' }), 'wrong-session');
    assert.equal(refusal(signed, { caller: 'PE-9' }), 'wrong-caller');
    assert.equal(refusal(signed, { signer: 'PE-3' }), 'wrong-signer');
    assert.equal(refusal(signed, { certificate: pe3.certificatePem }), 'wrong-certificate');
  });

  it('refuses a peer that signs in the name of another', () => {
    const impersonated = sealAnswer(statement, answer, pe3);
    assert.equal(refusal(impersonated), 'wrong-signer');
    const borrowed = sealAnswer(statement, answer, { ...pe3, certificatePem: p2.certificatePem });
    assert.equal(refusal(borrowed), 'bad-signature');
  });

  it('refuses the answer of one request under the statement of another', () => {
    const other = { ...answer, data: { sent: 2000, received: 2000 } };
    assert.equal(refusal({ ...signed, answer: other }), 'wrong-result');
    assert.equal(refusal({ ...signed, answer: { ...answer, isError: true } }), 'wrong-result');
    assert.equal(refusal({ ...signed, answer: { ...answer, contentHash: digestOf([]) } }), 'wrong-result');
    assert.equal(verifyStatement({ ...signed, answer: other }).ok, false);
  });

  // Threat 14, the verifier's side.
  it('refuses a replay and every lower nonce', () => {
    assert.equal(refusal(signed, { nonceAbove: 7 }), 'replay');
    assert.equal(refusal(signed, { nonceAbove: 5000 }), 'replay');
    assert.equal(refusal(signed, { nonceAbove: 0 }), 'accepted');
  });

  it('refuses what is not a signed answer, without throwing', () => {
    const broken: unknown[] = [
      null,
      undefined,
      1,
      'x',
      [],
      {},
      { ...signed, statement: null },
      { ...signed, extra: 1 },
    ];
    for (const nonce of [0, -1, 1.5, 2 ** 53, Number.NaN, '7']) {
      broken.push({ ...signed, statement: { ...signed.statement, nonce } });
    }
    broken.push({ ...signed, statement: { ...signed.statement, operation: { tool: 'a', uri: 'b' } } });
    broken.push({ ...signed, answer: { ...answer, data: undefined } });
    for (const candidate of broken) assert.equal(refusal(candidate), 'malformed');
    for (const certificate of [
      '',
      'x',
      `${p2.certificatePem}\n`,
      p2.certificatePem.replaceAll('\n', '\r\n'),
    ]) {
      assert.equal(refusal({ ...signed, certificate }), 'wrong-certificate');
    }
  });

  it('refuses it with any one bit of any text changed', () => {
    const original = Buffer.from(JSON.stringify(signed));
    let refusedCount = 0;
    for (let place = 0; place < original.length; place++) {
      const changed = Buffer.from(original);
      changed[place] = (original[place] ?? 0) ^ (1 << (place % 7));
      let candidate: unknown;
      try {
        candidate = JSON.parse(changed.toString());
      } catch {
        continue; // no JSON any more
      }
      assert.notEqual(refusal(candidate), 'accepted', `byte ${place}: ${changed.toString()}`);
      refusedCount++;
    }
    assert.ok(refusedCount > original.length / 2);
  });
});

describe('signatures', () => {
  const bytes = canonicalBytes({ a: 1 });
  const { privateKey, publicKey } = p2;
  const signature = signBytes('application/x', bytes, privateKey);

  it('encodes type and length as DSSE does', () => {
    // The example of the DSSE 1.0 protocol, verbatim.
    const encoded = preAuthenticationEncoding('http://example.com/HelloWorld', Buffer.from('hello world'));
    assert.equal(Buffer.from(encoded).toString(), 'DSSEv1 29 http://example.com/HelloWorld 11 hello world');
  });

  it('means one type and one text', () => {
    assert.equal(verifyBytes('application/x', bytes, signature, publicKey), true);
    assert.equal(verifyBytes('application/y', bytes, signature, publicKey), false);
    assert.equal(verifyBytes('application/x', canonicalBytes({ a: 2 }), signature, publicKey), false);
    assert.equal(verifyBytes('application/x', bytes, signature, pe3.publicKey), false);
    fc.assert(
      fc.property(
        fc.string(),
        fc.uint8Array(),
        fc.string(),
        fc.uint8Array(),
        (type, body, otherType, otherBody) => {
          const same = type === otherType && Buffer.from(body).equals(otherBody);
          const encoded = Buffer.from(preAuthenticationEncoding(type, body));
          assert.equal(encoded.equals(preAuthenticationEncoding(otherType, otherBody)), same);
        },
      ),
    );
  });

  it('agrees with an independent implementation, both ways', async () => {
    const random = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const property = fc.asyncProperty(random, fc.uint8Array(), async (seed, body) => {
      const pair = keyPairFromSeed(seed);
      const raw = Buffer.from(signBytes(statementType, body, pair.privateKey), 'base64url');
      const message = preAuthenticationEncoding(statementType, body);
      const rawKey = await noble.getPublicKeyAsync(seed);
      assert.deepEqual(Buffer.from(rawKey), rawPublicKey(pair.publicKey));
      assert.equal(await noble.verifyAsync(raw, message, rawKey, { zip215: false }), true);
      const theirs = Buffer.from(await noble.signAsync(message, seed)).toString('base64url');
      assert.equal(verifyBytes(statementType, body, theirs, pair.publicKey), true);
    });
    await fc.assert(property, { numRuns: 25 });
  });

  // Threat 15: another signature, or another spelling of it, that says the same thing.
  it('refuses S + L', () => {
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const raw = Buffer.from(signature, 'base64url');
    const scalar = BigInt(`0x${Buffer.from(raw.subarray(32)).reverse().toString('hex')}`);
    const moved = Buffer.from((scalar + order).toString(16).padStart(64, '0'), 'hex').reverse();
    const malleable = Buffer.concat([raw.subarray(0, 32), moved]).toString('base64url');
    assert.notEqual(malleable, signature);
    assert.equal(verifyBytes('application/x', bytes, malleable, publicKey), false);
  });

  it('refuses every other base64 spelling of a good signature', () => {
    const last = signature.at(-1) ?? '';
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const raw = Buffer.from(signature, 'base64url');
    const tails = [...alphabet].filter((character) => {
      const spelled = signature.slice(0, -1) + character;
      return character !== last && Buffer.from(spelled, 'base64url').equals(raw);
    });
    assert.equal(tails.length, 15); // four bits of the last character carry nothing
    const spellings = tails.map((tail) => signature.slice(0, -1) + tail);
    spellings.push(`${signature}==`, `${signature}=`, ` ${signature}`, `${signature}\n`, `${signature}A`);
    spellings.push(raw.toString('hex'), signature.slice(1), '');
    if (/[-_]/.test(signature)) spellings.push(raw.toString('base64').replace(/=+$/, ''));
    for (const spelling of spellings)
      assert.equal(verifyBytes('application/x', bytes, spelling, publicKey), false);
  });

  it('refuses a key and an R of small order, with which one signature fits every message', async () => {
    const identity = Buffer.from(`01${'00'.repeat(31)}`, 'hex');
    const universal = Buffer.concat([identity, Buffer.alloc(32)]);
    // The lax rule of ZIP 215 takes it for any message: this is what is kept out.
    assert.equal(await noble.verifyAsync(universal, bytes, identity, { zip215: true }), true);
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: identity.toString('base64url') };
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    assert.equal(verifyBytes('t', bytes, universal.toString('base64url'), key), false);
    assert.equal(verifyBytes('t', bytes, universal.toString('base64url'), publicKey), false);
    const { certificatePem: weak } = deviceOf('P-2', 2, { publicKey: key });
    assert.throws(() => publicKeyOf(weak), { code: 'bad-key' });
  });

  it('knows exactly the points of small order', () => {
    const point8 = noble.Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a');
    const points = [noble.Point.ZERO];
    for (let count = 1; count < 8; count++) points.push(points.at(-1)?.add(point8) ?? point8);
    assert.equal(new Set(points.map((point) => point.toHex())).size, 8);
    for (const point of points) {
      assert.equal(point.isSmallOrder(), true);
      assert.equal(isSmallOrder(point.toBytes()), true);
      assert.equal(isSmallOrder(point.add(noble.Point.BASE).toBytes()), false);
    }
    assert.equal(isSmallOrder(rawPublicKey(publicKey)), false);
  });
});
