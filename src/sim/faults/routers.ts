import { ConferError } from '../../core/errors.ts';
import { makeBusy } from '../router.ts';
import { type Injection, needed, portOf } from './place.ts';

/** Configured, and not installed. */
export const sidMissing: Injection = ({ fault, router }) => {
  const sid = router.sids.get(router.node.sids[needed(fault, 'sid')]);
  if (sid === undefined) return () => {};
  sid.installed = false;
  return () => {
    sid.installed = true;
  };
};

/** SIDs take nothing from this interface but what carries an HMAC. */
export const segmentRoutingDisabled: Injection = (place) => {
  const port = portOf(place);
  port.segmentRouting = { ...port.segmentRouting, hmacRequired: true };
  return () => {
    port.segmentRouting = { ...port.segmentRouting, hmacRequired: false };
  };
};

/**
 * The End SID sends packets out of one interface whatever comes next (End.X), or, without an interface, decapsulates them
 * too early; the decapsulating one looks them up in a table without the router's own addresses.
 */
export const sidWrongBehaviour: Injection = (place) => {
  const { fault, router } = place;
  const role = needed(fault, 'sid');
  const sid = router.sids.get(router.node.sids[role]);
  if (sid === undefined) return () => {};
  const before = { ...sid };
  if (role === 'decapsulate') sid.inWrongTable = true;
  else if (fault.interface === undefined) sid.behavior = 'End.DT6';
  else Object.assign(sid, { behavior: 'End.X', port: portOf(place) });
  return () => {
    sid.behavior = before.behavior;
    delete sid.port;
    delete sid.inWrongTable;
  };
};

export const dscpRemark: Injection = (place) => {
  const port = portOf(place);
  port.dscp = needed(place.fault, 'dscp');
  return () => {
    delete port.dscp;
  };
};

/** Requests to the router itself, per second: what its policer lets through, and what others send all the time. */
const [takenPerSecond, floodPerSecond] = [5, 100];
/** Of its processor, which all of that keeps busy. */
const overloadedShare = 0.98;

export const controlPlaneOverload: Injection = ({ router, clock }) => {
  const beganAtMs = clock.elapsed();
  makeBusy(router, beganAtMs, overloadedShare);
  const droppedPerSecond = floodPerSecond - takenPerSecond;
  router.controlPlane = {
    lossPercent: (100 * droppedPerSecond) / floodPerSecond,
    dropped: 0,
    ofOthers: () => Math.floor(((clock.elapsed() - beganAtMs) * droppedPerSecond) / 1_000),
  };
  return () => {
    delete router.controlPlane;
    makeBusy(router, clock.elapsed());
  };
};

/** The router goes on forwarding: whoever runs its agent kills that. */
export const agentOnly: Injection =
  ({ fault }) =>
  () => {
    throw new ConferError(
      'bad-input',
      `The agent of ${fault.node} was killed, and stays so until the lab ends.`,
    );
  };

export const nodeCrash: Injection = ({ fault, router }) => {
  router.crashed = true;
  return () => {
    throw new ConferError('bad-input', `${fault.node} has crashed, and stays so until the lab ends.`);
  };
};
