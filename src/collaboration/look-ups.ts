/**
 * What forwarding is asked where packets die and no state of a router explains it: what it does with the very SID that
 * they carry. Its routes are read again together with that, so that the two can be compared.
 */
import { dataPaths } from '../core/device-data.ts';
import { type CorrelationInput, sectionsIn, stateOf } from './correlation.ts';
import { resourceUri } from './resources.ts';
import { aimAt } from './route-tables.ts';
import type { Question } from './session.ts';

/** Of one measurement: on a long path whose every router is asked, in both directions. */
const lookUpsMax = 128;

export function lookUps(input: CorrelationInput): Question[] {
  const { paths, readings } = input;
  const sections = sectionsIn(input);
  const { stops } = stateOf(input);
  const dead = paths.filter(({ id }) => {
    const small = sections.filter(({ path, purpose }) => path === id && purpose === 'loss');
    return (
      small.some(({ entered, left }) => entered > 0 && left === 0) &&
      stops.every(({ path }) => path.id !== id)
    );
  });
  const questions = new Map<string, Question>();
  const nodes = new Set<string>();
  for (const path of dead)
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
