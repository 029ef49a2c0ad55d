import { ConferError } from '../../../core/errors.ts';
import { wireEnds } from '../names.ts';
import { sidCommands } from '../plan.ts';
import { configured, type FaultAction, type KernelFault, nodeOf, type Place } from './actions.ts';

export const sidMissing: KernelFault = {
  inject: (place) => configured(place, [`route del ${sidOf(place)}/128`]),
  repair: (place) =>
    configured(
      place,
      sidCommands(place.topology, nodeOf(place)).filter((line) => line.includes(` ${sidOf(place)}/128 `)),
    ),
};

export const nodeCrash: KernelFault = {
  inject: ({ fault, topology }) => [
    ...wireEnds(topology).flatMap(({ end, index }): FaultAction[] =>
      end.node === fault.node ? [{ kind: 'unplug', link: index }] : [],
    ),
    { kind: 'power-off', node: fault.node },
  ],
  repair: ({ fault }) => {
    throw new ConferError('bad-input', `${fault.node} has crashed, and stays so until the lab ends.`);
  },
};

function sidOf(place: Place): string {
  const { sids } = nodeOf(place);
  return place.fault.sid === 'end' ? sids.end : sids.decapsulate;
}
