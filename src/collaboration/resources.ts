/** The URI under which a peer's data path is read: the draft's URN form (troubleshooting draft section 5.3.1 step 3). */
export function resourceUri(dataPath: string): string {
  const [module = '', rest = ''] = dataPath.replace(/^\//, '').split(/:(.*)/s);
  return `urn:ietf:params:xml:ns:yang:${module}/${rest}`;
}
