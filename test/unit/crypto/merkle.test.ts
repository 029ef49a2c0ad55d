/** Input: lists of records. Output: RFC 9162 roots and proofs, and one valid proof for each place. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type InclusionProof,
  leafHash,
  merkleTree,
  rootByProof,
  treeSizeMax,
} from '../../../crypto/merkle.ts';

/** The records of the test tree that Certificate Transparency implementations share, and its roots by size. */
const records = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const roots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const leaves = records.map((record) => leafHash(Buffer.from(record, 'hex')));

/** The definition, word by word: MTH of RFC 9162 section 2.1.1, PATH of 2.1.3.1. */
function definedRoot(list: readonly Buffer[]): Buffer {
  const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
  if (list.length === 1) return sha256(Buffer.of(0), list[0] ?? Buffer.alloc(0));
  let k = 1;
  while (2 * k < list.length) k *= 2;
  return sha256(Buffer.of(1), definedRoot(list.slice(0, k)), definedRoot(list.slice(k)));
}

function definedPath(m: number, list: readonly Buffer[]): string[] {
  if (list.length === 1) return [];
  let k = 1;
  while (2 * k < list.length) k *= 2;
  const [left, right] = [list.slice(0, k), list.slice(k)];
  return m < k
    ? [...definedPath(m, left), definedRoot(right).toString('hex')]
    : [...definedPath(m - k, right), definedRoot(left).toString('hex')];
}

const hashes = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { minLength: 1, maxLength: 40 });

describe('a Merkle tree', () => {
  it('has the roots that Certificate Transparency implementations agree on', () => {
    assert.deepEqual(
      roots.map((_, at) => merkleTree(leaves.slice(0, at + 1)).root),
      roots,
    );
  });

  it('has roots and paths as RFC 9162 defines them, whatever is in it', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 40 }), (contents) => {
        const list = contents.map((content) => Buffer.from(content));
        const { root, proofs } = merkleTree(list.map((content) => leafHash(content)));
        assert.equal(root, definedRoot(list).toString('hex'));
        for (const [index, proof] of proofs.entries())
          assert.deepEqual(proof, { index, size: list.length, path: definedPath(index, list) });
      }),
    );
  });

  it('proves each record, up to the largest tree', () => {
    for (const size of [1, 2, 3, 7, 8, 9, 63, 64, 65, treeSizeMax - 1, treeSizeMax]) {
      const list = Array.from({ length: size }, (_, at) => leafHash(Buffer.from(String(at))));
      const { root, proofs } = merkleTree(list);
      for (const [at, proof] of proofs.entries()) assert.equal(rootByProof(list[at] ?? '', proof), root);
    }
    assert.throws(() => merkleTree([]), RangeError);
    assert.throws(
      () => merkleTree(Array.from({ length: treeSizeMax + 1 }, () => roots[0] ?? '')),
      RangeError,
    );
  });

  it('takes one proof for each record: any other index, size or path leads elsewhere or nowhere', () => {
    fc.assert(
      fc.property(hashes, fc.nat(), fc.integer({ min: -2, max: 70 }), (contents, pick, other) => {
        const list = contents.map((content) => Buffer.from(content).toString('hex'));
        fc.pre(new Set(list).size === list.length);
        const at = pick % list.length;
        const [leaf = '', { root, proofs }] = [list[at], merkleTree(list)];
        const proof = proofs[at];
        assert.ok(proof !== undefined);
        const { path } = proof;
        const changes = [
          { index: other },
          { index: at + 0.5 },
          { path: [...path, root] },
          { path: [root, ...path] },
          { path: path.slice(1) },
          { path: path.slice(0, -1) },
          { path: path.toReversed() },
          { path: path.map((one) => one.toUpperCase()) },
          { path: path.map((one) => ` ${one}`) },
        ];
        for (const change of changes) {
          const changed: InclusionProof = { ...proof, ...change };
          const isSame: boolean = JSON.stringify(changed) === JSON.stringify(proof);
          assert.equal(rootByProof(leaf, changed) === root, isSame, JSON.stringify(change));
        }
      }),
    );
  });

  it('refuses a proof with any one digit of its path or of the leaf changed', () => {
    const { root, proofs } = merkleTree(leaves.slice(0, 7));
    for (const [at, proof] of proofs.entries()) {
      const leaf = leaves[at] ?? '';
      for (let place = 0; place < 64; place += 1) {
        assert.notEqual(rootByProof(flipped(leaf, place), proof), root);
        for (const [step, one] of proof.path.entries())
          assert.notEqual(
            rootByProof(leaf, { ...proof, path: proof.path.with(step, flipped(one, place)) }),
            root,
          );
      }
    }
  });

  it('takes no node for a leaf, nor a leaf for a node', () => {
    const [a = '', b = '', c = '', d = ''] = leaves;
    const { root, proofs } = merkleTree([a, b, c, d]);
    const [first] = proofs;
    assert.ok(first !== undefined);
    // Whoever says that the node over a and b were a record of its own, in a tree of two.
    const pair = Buffer.concat([Buffer.from(a, 'hex'), Buffer.from(b, 'hex')]);
    const asRecord = { index: 0, size: 2, path: first.path.slice(1) };
    assert.notEqual(rootByProof(leafHash(pair), asRecord), root);
    assert.notEqual(rootByProof(leafHash(Buffer.concat([Buffer.of(1), pair])), asRecord), root);
    assert.equal(rootByProof(merkleTree([a, b]).root, { ...first, path: first.path.slice(1) }), undefined);
  });

  it('has no proof outside of its bounds', () => {
    for (const size of [0, -1, 1.5, Number.NaN, treeSizeMax + 1, 2 ** 32])
      assert.equal(rootByProof(leaves[0] ?? '', { index: 0, size, path: [] }), undefined);
  });
});

function flipped(hex: string, place: number): string {
  const digit = Number.parseInt(hex[place] ?? '', 16) ^ 1;
  return hex.slice(0, place) + digit.toString(16) + hex.slice(place + 1);
}
