/** What became of large probes at a router that could not send them on, and whether their sender was told (RFC 8201). */
import type { Element } from '../../core/records.ts';
import { hostBytesMin } from '../plan.ts';
import type { Section } from '../sections.ts';
import { type Evidence, shownBy } from './evidence.ts';

/** Of the lost probes: for each an error should have been sent. */
const createdShareMin = 0.9;

export type Refusal =
  /** Errors were sent for the probes, and none came to where they are from. */
  { isSilent: true; supportedBy: string[] } | { isSilent: false };

/** Of large probes that are too large for this interface; undefined where none of them came to it, or nobody told. */
export function refusalAt(
  { node, interface: name }: Element,
  { sections, readings, paths }: Pick<Evidence, 'sections' | 'readings' | 'paths'>,
): Refusal | undefined {
  const refused = sections.filter(
    ({ purpose, entered, left, fromPoint, toPoint, route }) =>
      purpose === 'size' &&
      entered > 0 &&
      left === 0 &&
      fromPoint.node === node &&
      fromPoint.place === 'in' &&
      toPoint.node === node &&
      toPoint.place === 'out' &&
      route[toPoint.index]?.some(({ egress }) => egress === name),
  );
  const counted = readings.get(node)?.forwarding ?? [];
  const [first, last] = [counted[0], counted.at(-1)];
  if (refused.length === 0 || first === undefined || last === undefined || first === last) return undefined;
  const told = (of: readonly Section[]) =>
    of.flatMap(({ path, strands }) => {
      const head = paths.find(({ id }) => id === path)?.nodes[0] ?? '';
      const labels = strands.map(({ flowLabel }) => flowLabel);
      return (readings.get(head)?.probes ?? []).filter(({ value }) =>
        value['Flow-Labels'].some(({ label }) => labels.includes(label)),
      );
    });
  const answers = told(refused);
  // Errors take the way of the replies to small probes: where these are lost as well, nobody knows whether any was sent.
  const small = told(
    sections.filter(
      ({ purpose, path, sizeBytes }) =>
        purpose === 'loss' && sizeBytes <= hostBytesMin && refused.some((one) => one.path === path),
    ),
  );
  const isDeaf = small.length > 0 && small.every(({ value }) => value.received === 0);
  if (answers.length === 0 || isDeaf) return undefined;
  const created =
    Number(last.value.ipv6['in-too-big-errors']) - Number(first.value.ipv6['in-too-big-errors']);
  const lost = refused.reduce((sum, { entered }) => sum + entered, 0);
  const wasTold = answers.some(({ value }) => value['packet-too-big-mtu'] !== undefined);
  if (created < createdShareMin * lost || wasTold) return { isSilent: false };
  return {
    isSilent: true,
    supportedBy: [first.id, last.id, ...answers.map(({ id }) => id), ...refused.flatMap(shownBy)],
  };
}
