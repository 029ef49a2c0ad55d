import { ConferError } from '../../../core/errors.ts';
import { wireEnds } from '../names.ts';
import { sidCommands } from '../plan.ts';
import {
  configured,
  endsOf,
  type FaultAction,
  type KernelFault,
  nodeOf,
  ownWire,
  type Place,
  present,
} from './actions.ts';

export const sidMissing: KernelFault = {
  inject: (place) => configured(place, [`route del ${sidOf(place)}/128`]),
  repair: (place) => configured(place, rightSid(place)),
};

/** Table main has no route to the router itself: its own addresses are in table local. */
export const sidWrongBehaviour: KernelFault = {
  inject: (place) => {
    const right = rightSid(place);
    const wrong = right.map((line) =>
      place.fault.sid === 'decapsulate'
        ? line.replace(/ table \d+ /, ' table main ')
        : line.replace(
            ' action End ',
            place.fault.interface === undefined
              ? ' action End.DT6 table main '
              : ` action End.X nh6 ${endsOf(place).peer.address} `,
          ),
    );
    return configured(place, [`route del ${sidOf(place)}/128`, ...wrong]);
  },
  repair: (place) => configured(place, [`route del ${sidOf(place)}/128`, ...rightSid(place)]),
};

/** Linux asks no more than this of packets to a SID: seg6_enabled counts only for its own addresses. */
const hmacRequired = ({ fault }: Place, value: number): FaultAction[] => [
  { kind: 'set', node: fault.node, settings: { [`${fault.interface}/seg6_require_hmac`]: value } },
];

export const segmentRoutingDisabled: KernelFault = {
  inject: (place) => hmacRequired(place, 1),
  repair: (place) => hmacRequired(place, 0),
};

/** Behind everything else that the router does with a packet. */
export const dscpRemark: KernelFault = {
  inject: (place) =>
    configured(
      place,
      [],
      `add table inet ${marking(place)}
add chain inet ${marking(place)} egress { type filter hook postrouting priority 310; policy accept; }
add rule inet ${marking(place)} egress oifname "${place.fault.interface}" ip6 dscp set ${place.fault.dscp}
`,
    ),
  repair: (place) => configured(place, [], `delete table inet ${marking(place)}\n`),
};

const marking = (place: Place) => `marking_${ownWire(place).index}`;

/** Requests to the router itself, per second: what its policer lets through, and what a neighbour sends. */
const [takenPerSecond, floodPerSecond] = [5, 100];

export const controlPlaneOverload: KernelFault = {
  inject: (place) => [
    ...configured(
      place,
      [],
      `add table inet control_plane
add chain inet control_plane input { type filter hook input priority 0; policy accept; }
add rule inet control_plane input icmpv6 type echo-request limit rate over ${takenPerSecond}/second counter drop
`,
    ),
    {
      kind: 'flood',
      from: neighbourOf(place),
      node: place.fault.node,
      address: nodeOf(place).address,
      perSecond: floodPerSecond,
    },
  ],
  repair: (place) => [
    { kind: 'quiet', node: place.fault.node },
    ...configured(place, [], 'delete table inet control_plane\n'),
  ],
};

function neighbourOf({ topology, fault }: Place): string {
  const { link, side } = present(wireEnds(topology).find(({ end }) => end.node === fault.node));
  return (side === 'a' ? link.b : link.a).node;
}

export const agentOnly: KernelFault = {
  inject: ({ fault }) => [{ kind: 'kill-agent', node: fault.node }],
  repair: ({ fault }) => {
    throw new ConferError(
      'bad-input',
      `The agent of ${fault.node} was killed, and stays so until the lab ends.`,
    );
  },
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

function rightSid(place: Place): string[] {
  return sidCommands(place.topology, nodeOf(place)).filter((line) => line.includes(` ${sidOf(place)}/128 `));
}

function sidOf(place: Place): string {
  const { sids } = nodeOf(place);
  return place.fault.sid === 'end' ? sids.end : sids.decapsulate;
}
