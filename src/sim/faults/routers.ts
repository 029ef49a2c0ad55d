import { ConferError } from '../../core/errors.ts';
import { type Injection, needed } from './place.ts';

/** Configured, and not installed. */
export const sidMissing: Injection = ({ fault, router }) => {
  const sid = router.sids.get(router.node.sids[needed(fault, 'sid')]);
  if (sid === undefined) return () => {};
  sid.installed = false;
  return () => {
    sid.installed = true;
  };
};

export const nodeCrash: Injection = ({ fault, router }) => {
  router.crashed = true;
  return () => {
    throw new ConferError('bad-input', `${fault.node} has crashed, and stays so until the lab ends.`);
  };
};
