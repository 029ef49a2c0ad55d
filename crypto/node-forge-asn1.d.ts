// The one part of node-forge that is used. Importing all of it costs an agent half of what its own code does.
declare module 'node-forge/lib/asn1.js' {
  import type forge from 'node-forge';

  const asn1: typeof forge.asn1;
  export default asn1;
}
