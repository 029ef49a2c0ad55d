/**
 * The fields that containerlab's strict parser takes, and what to say about others: a misspelt one would pass unseen.
 * Source: srl-labs/containerlab, schemas/clab.schema.json, as of August 2026 (its definitions `node-config` and
 * `link-*`), types/node_definition.go and links/link.go. Most mean nothing to us.
 */
const node =
  'aliases auto-remove binds cap-add certificate cgroup-parent cgroupns-mode cmd components config cpu cpu-set ' +
  'credentials devices dns enforce-startup-config entrypoint env env-files exec extras group healthcheck hostname image ' +
  'image-pull-policy kind labels license link-apply-mode memory mgmt-ipv4 mgmt-ipv6 network-mode pid-mode ports position ' +
  'privileged restart-policy runtime security-opts shm-size stages startup-config startup-delay suppress-startup-config ' +
  'sysctls tmpfs type user volumes';
const link =
  'endpoints mtu labels type vars ipv4 ipv6 endpoint host-interface mode remote vni dst-port src-port';

export const containerlabFields = {
  file: ['name', 'prefix', 'mgmt', 'settings', 'topology', 'debug'],
  topology: ['defaults', 'kinds', 'groups', 'nodes', 'links'],
  node: node.split(' '),
  link: link.split(' '),
} as const;

/** More changed letters than this, and it is another word. */
const editsMax = 3;

/** What to say about a field that containerlab does not have. */
export function unknownField(key: string, known: readonly string[]): string {
  if (key.startsWith('confer.'))
    return 'unknown field, expected it under labels: what begins with confer. is a label';
  const [nearest] = known
    .map((name) => ({ name, edits: editsBetween(key.toLowerCase(), name) }))
    .filter(({ name, edits }) => edits <= Math.min(editsMax, name.length / 2))
    .sort((one, other) => one.edits - other.edits);
  if (nearest !== undefined) return `unknown field, expected ${nearest.name}`;
  return known.length <= 8
    ? `unknown field, expected one of ${known.join(', ')}`
    : 'unknown field, expected one of containerlab; for notes of your own use labels';
}

/** Letters to add, drop or change (Levenshtein). Keys are short: a longer one is no misspelling. */
function editsBetween(one: string, other: string): number {
  if (Math.abs(one.length - other.length) > editsMax) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [at, letter] of [...one].entries()) {
    const next = [at + 1];
    for (const [index, wanted] of [...other].entries()) {
      const changed = (row[index] ?? 0) + (letter === wanted ? 0 : 1);
      next.push(Math.min(changed, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
