/** Node names become host names, certificate names and names of directories. */
const nodeNamePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** "expected ..." of whatever is no such name. */
export const nodeNameExpected =
  'expected a node name of letters, digits, dots, hyphens and underscores, at most 63';

/** Whether routers and operators can be called so: the one rule for topologies and certificates. */
export function isNodeName(name: string): boolean {
  return nodeNamePattern.test(name);
}
