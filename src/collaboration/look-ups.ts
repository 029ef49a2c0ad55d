/**
 * What forwarding is asked where packets die and no state of a router explains it: what it does with the very SID that
 * they carry. Its routes are read again together with that, so that the two can be compared.
 */
import { dataPaths } from '../core/device-data.ts';
import { deadForNoState } from './open-questions.ts';
import { resourceUri } from './resources.ts';
import { aimAt } from './route-tables.ts';
import type { Question } from './session.ts';
import type { CorrelationInput } from './weighing.ts';

/** Of one measurement: on a long path whose every router is asked, in both directions. */
const lookUpsMax = 128;

export function lookUps(input: CorrelationInput): Question[] {
  const { paths, readings } = input;
  const dead = deadForNoState(input);
  const questions = new Map<string, Question>();
  const nodes = new Set<string>();
  for (const path of paths.filter(({ id }) => dead.some((section) => section.path === id)))
    for (const [index, node] of path.nodes.entries()) {
      const aim = aimAt(index, path, readings);
      if (aim === undefined) continue;
      const uri = resourceUri(`${dataPaths.lookup}=${aim.sid}`);
      if (questions.size < lookUpsMax) questions.set(`${node} ${uri}`, { node, operation: { uri } });
      nodes.add(node);
    }
  const routing = { uri: resourceUri(dataPaths.routing) };
  return [...[...nodes].map((node) => ({ node, operation: routing })), ...questions.values()];
}
