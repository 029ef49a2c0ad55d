// Plain old JavaScript: this has to run on the very Node that is too old for everything else.

/** Confer's TypeScript runs as it is, by type stripping, from this Node on. */
export const nodeMajorMin = 26;

/**
 * One sentence for whoever starts Confer with too old a Node; undefined when it is new enough.
 * @param {string} version process.version, such as "v20.19.2"
 * @returns {string | undefined}
 */
export function complaintAbout(version) {
  if (Number.parseInt(version.replace(/^v/, ''), 10) >= nodeMajorMin) return undefined;
  return `Confer needs Node ${nodeMajorMin} and this is ${version}: install Node ${nodeMajorMin}, or run "npm run confer -- ARGUMENTS" in the checkout, which brings its own.`;
}
