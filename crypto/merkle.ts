import { hash } from 'node:crypto';

// A Merkle tree as Certificate Transparency has it (RFC 9162 section 2.1): one hash stands for a list of records, and
// a few hashes prove that a record is the one at its place in the list.
//
//                 root = H(1, ab, c)
//                /                  \          leaf: SHA-256(0x00 || record)
//         ab = H(1, a, b)            c         node: SHA-256(0x01 || left || right)
//          /          \
//         a            b                       proof of b: index 1, size 3, path [a, c]

/** Most records of one tree: more than ever leave together. Proofs have at most 10 hashes. */
export const treeSizeMax = 1_024;

/** That a record is at `index` among the `size` of a tree. Each place of each tree has one form of it. */
export interface InclusionProof {
  index: number;
  size: number;
  /** From the record's neighbour up to the child of the root: SHA-256, lowercase hex. */
  path: string[];
}

/** Hash of one record: with another prefix than a node's, so that neither passes for the other. */
export function leafHash(record: Uint8Array): string {
  return hash('sha256', Buffer.concat([leafPrefix, record]), 'hex');
}

/**
 * The root over these leaves and the proof of each, in their order. Throws RangeError for none, and for more than
 * `treeSizeMax`.
 */
export function merkleTree(leaves: readonly string[]): { root: string; proofs: InclusionProof[] } {
  const size = leaves.length;
  if (size < 1 || size > treeSizeMax)
    throw new RangeError(`A tree has 1 to ${treeSizeMax} records, not ${size}.`);
  const proofs = leaves.map((_, index): InclusionProof => ({ index, size, path: [] }));
  return { root: rootOf(leaves, 0, proofs), proofs };
}

/** Root of the leaves from `first` on, which `proofs` are of: each gets the hash of the half that it is not in. */
function rootOf(leaves: readonly string[], first: number, proofs: readonly InclusionProof[]): string {
  if (leaves.length === 1) return leaves[0] ?? '';
  const middle = largestPowerBelow(leaves.length);
  const left = rootOf(leaves.slice(0, middle), first, proofs);
  const right = rootOf(leaves.slice(middle), first + middle, proofs);
  for (let at = 0; at < leaves.length; at++) proofs[first + at]?.path.push(at < middle ? right : left);
  return nodeHash(left, right);
}

/**
 * The root that a proof leads to from its leaf; undefined when it is no proof: an index outside of the tree, a path
 * of another length than the place has, hashes in another spelling. RFC 9162 section 2.1.3.2.
 */
export function rootByProof(leaf: string, { index, size, path }: InclusionProof): string | undefined {
  if (!Number.isInteger(size) || size < 1 || size > treeSizeMax) return undefined;
  if (!Number.isInteger(index) || index < 0 || index >= size) return undefined;
  let root = leaf;
  let [place, last] = [index, size - 1];
  for (const sibling of path) {
    if (last === 0 || !sha256Hex.test(sibling)) return undefined;
    if (place % 2 === 1 || place === last) {
      root = nodeHash(sibling, root);
      // The last of a level that has no right neighbour rises until it is one.
      while (place % 2 === 0 && place !== 0) [place, last] = [place >> 1, last >> 1];
    } else root = nodeHash(root, sibling);
    [place, last] = [place >> 1, last >> 1];
  }
  return last === 0 ? root : undefined;
}

const leafPrefix = Buffer.of(0);
const sha256Hex = /^[0-9a-f]{64}$/;
/** 0x01, left, right: written and hashed before anybody else can come. */
const node = Buffer.alloc(65, 1);

function nodeHash(left: string, right: string): string {
  node.write(left, 1, 'hex');
  node.write(right, 33, 'hex');
  return hash('sha256', node, 'hex');
}

function largestPowerBelow(size: number): number {
  return 2 ** (31 - Math.clz32(size - 1));
}
