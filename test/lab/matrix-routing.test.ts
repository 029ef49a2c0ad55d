/**
 * The short form of `npm run lab:matrix` for the faults of routing protocols: FRR's daemons in network namespaces, and the
 * question why a BGP session is as it is.
 *
 * Input: a fault at a drawn place of routing-4, from a printed seed. Output: right kind, element and direction.
 */
import { after, describe, it } from 'node:test';
import { routingKindsOf } from '../../src/core/fault-kinds.ts';
import { skipWithoutLab } from '../support/lab.ts';
import { Playground, playsRight, seedOfMatrix } from '../support/matrix.ts';

const playground = new Playground();
after(() => playground[Symbol.asyncDispose]());

describe(`lab matrix, routing protocols in the kernel lab, seed ${seedOfMatrix} [T17]`, {
  skip: skipWithoutLab({ tools: ['ip', 'nft', 'vtysh'] }),
}, () => {
  for (const kind of ['healthy', ...routingKindsOf('kernel')] as const)
    it(`routing-4 ${kind}`, { timeout: 400_000 }, () =>
      playsRight(playground, {
        world: 'kernel',
        topology: 'routing-4',
        kind,
        management: 'out-of-band',
      }),
    );
});
