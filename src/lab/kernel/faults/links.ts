import { neighbourCommand, routeCommands } from '../plan.ts';
import { configured, endsOf, type KernelFault, nodeOf, ownWire, resolved } from './actions.ts';

export const unidirectionalLink: KernelFault = {
  inject: (place) => [{ kind: 'lose', wire: ownWire(place), lossPercent: 100 }],
  repair: (place) => [{ kind: 'carry', wire: ownWire(place), lossPercent: 100 }],
};

export const silentLoss: KernelFault = {
  inject: (place) => [{ kind: 'lose', wire: ownWire(place), lossPercent: place.fault.lossPercent ?? 100 }],
  repair: (place) => [{ kind: 'carry', wire: ownWire(place), lossPercent: place.fault.lossPercent ?? 100 }],
};

export const linkDown: KernelFault = {
  inject: (place) => [{ kind: 'unplug', link: ownWire(place).index }],
  repair: (place) => [{ kind: 'plug', link: ownWire(place).index }, ...resolved(ownWire(place).link)],
};

/** Linux takes the routes over an interface away with it, and does not bring them back. */
export const adminShutdown: KernelFault = {
  inject: (place) => configured(place, [`link set dev ${place.fault.interface} down`]),
  repair: (place) => {
    const { own, peer } = endsOf(place);
    return [
      ...configured(place, [
        `link set dev ${own.interface} up`,
        neighbourCommand(own, peer),
        ...routeCommands(place.topology, nodeOf(place), 'replace'),
      ]),
      { kind: 'configure', node: peer.node, ip: [neighbourCommand(peer, own)], nft: '' },
    ];
  },
};

export const mtuMismatch: KernelFault = {
  inject: (place) => configured(place, [`link set dev ${place.fault.interface} mtu ${place.fault.mtuBytes}`]),
  repair: (place) =>
    configured(place, [`link set dev ${place.fault.interface} mtu ${endsOf(place).own.mtuBytes}`]),
};
