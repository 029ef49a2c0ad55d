/** The simulation draws the faults that tests draw. */
export {
  type DrawnFault,
  drawFault,
  isRight,
  type PathLink,
  pathLinks,
  type Route,
  routeOf,
  type Truth,
} from '../../src/sim/drawn-faults.ts';
