/** The clock of the simulation is the tests' time too. */
export { createVirtualClock, type VirtualClock } from '../../src/sim/virtual-clock.ts';
