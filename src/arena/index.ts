/** The arena: Confer and published methods on the same faults of the same modelled networks. */
export { aheadOfConfer } from './ahead.ts';
export { type ArenaWorld, type CaseOptions, type Tier, tiers, usualTiers } from './cases.ts';
export { quantile } from './intervals.ts';
export { wrongClaims } from './judge.ts';
export { methodNames, modelOf } from './opponents/index.ts';
export { type CaseOutcome, type CasePorts, runCase } from './run-case.ts';
export { type ArenaScore, type MethodScore, scoreOf } from './score.ts';
export { type ShapeName, shapeNames } from './shapes.ts';
