/**
 * Sections, explanations and the verdict, on answers written by hand.
 * Input: what nodes A, B, C counted of a flow from A to C, and their state. Output: findings, suspects, verdict.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../../crypto/canonical.ts';
import { correlate } from '../../../src/collaboration/correlation.ts';
import { readingsOf } from '../../../src/collaboration/readings.ts';
import { resourceUri } from '../../../src/collaboration/resources.ts';
import { sectionsOf } from '../../../src/collaboration/sections.ts';
import { dataPaths } from '../../../src/core/device-data.ts';
import type { Conclusion, Flow, Untrusted } from '../../../src/core/records.ts';
import { Answers, flowOf, pathOver } from './world.ts';

const forward = pathOver('ABC', 'f1');
const reverse = pathOver('CBA', 'r1');
const [there, back] = [11, 12];
const flows: Flow[] = [flowOf(forward, there), flowOf(reverse, back)];
const lossMin = 0.0005;
const intent = { kind: 'path-loss' as const, head: 'A', via: ['B'], tail: 'C' };

/** What arrives at each point of one direction. */
interface Course {
  sent: number;
  first: number;
  in: number;
  out: number;
  last: number;
  delivered: number;
}

const clean: Course = { sent: 7_000, first: 7_000, in: 7_000, out: 7_000, last: 7_000, delivered: 7_000 };

interface Counts {
  in?: number;
  out?: number;
  delivered?: number;
}

function course(answers: Answers, path: typeof forward, label: number, told: Course): Answers {
  const [head = '', transit = '', tail = ''] = path.nodes;
  return answers
    .counting(head, label, { out: told.first })
    .counting(transit, label, { in: told.in, out: told.out })
    .counting(tail, label, { in: told.last, delivered: told.delivered });
}

/** The forward direction alone. */
function measured(
  changes: Partial<Course>,
  state: (answers: Answers) => Answers = (answers) => answers,
): Answers {
  const told = { ...clean, ...changes };
  const answers = state(new Answers()).probes('A', there, told.sent, told.delivered);
  return course(answers, forward, there, told);
}

function conclude(answers: Answers, untrusted: readonly Untrusted[] = [], onlyForward = true): Conclusion {
  const paths = onlyForward ? [forward] : [forward, reverse];
  return correlate({ intent, paths, flows, readings: readingsOf(answers.envelopes), untrusted });
}

function sectionsIn(answers: Answers): string[] {
  return sectionsOf([forward], flows, readingsOf(answers.envelopes), lossMin).map(
    ({ from, to, entered, left }) => `${from} ${entered} > ${to} ${left}`,
  );
}

describe('sections', () => {
  it('lie between the counting points, nodes and links in turn', () => {
    assert.deepEqual(
      sectionsIn(measured({ first: 6_900, in: 6_900, out: 6_900, last: 6_800, delivered: 6_800 })),
      [
        'A sent 7000 > A out ab 6900',
        'A out ab 6900 > B in ba 6900',
        'B in ba 6900 > B out bc 6900',
        'B out bc 6900 > C in cb 6800',
        'C in cb 6800 > C delivered 6800',
      ],
    );
  });

  it('span a node that does not count', () => {
    const answers = new Answers()
      .probes('A', there, 100, 90)
      .counting('A', there, { out: 100 })
      .counting('C', there, { in: 90, delivered: 90 });
    const [, spanning] = sectionsOf([forward], flows, readingsOf(answers.envelopes), lossMin);
    assert.deepEqual(spanning?.elements, [
      { node: 'A', interface: 'ab', peer: 'B' },
      { node: 'B' },
      { node: 'B', interface: 'bc', peer: 'C' },
    ]);
  });

  it('end with the echo replies where the tail does not count', () => {
    const answers = new Answers().probes('A', there, 100, 40).counting('A', there, { out: 100 });
    assert.deepEqual(sectionsIn(answers), ['A sent 100 > A out ab 100', 'A out ab 100 > C answered 40']);
  });

  it('leave out a node that was not read since the last round of probes', () => {
    const answers = measured({}).probes('A', there, 7_000).counting('A', there, { out: 14_000 });
    answers.counting('C', there, { in: 14_000, delivered: 14_000 });
    assert.deepEqual(sectionsIn(answers), [
      'A sent 14000 > A out ab 14000',
      'A out ab 14000 > C in cb 14000',
      'C in cb 14000 > C delivered 14000',
    ]);
  });

  it('are none where the head did not tell of its probes', () => {
    assert.deepEqual(sectionsIn(new Answers().counting('A', there, { out: 100 })), []);
  });

  it('never lose less than nothing', () => {
    const [section] = sectionsOf([forward], flows, readingsOf(measured({ sent: 10 }).envelopes), lossMin);
    assert.equal(section?.lossPercent, 0);
  });
});

describe('seg6-disabled', () => {
  const sid = 'fc00:b::e';
  const steered = { ...forward, segments: [sid, 'fc00:c::d'] };
  const told = (errors: number, hmac: boolean) => ({
    'confer-device:forwarding': {
      'local-sid': [{ sid, behavior: 'End', packets: '100', errors: String(errors) }],
      'segment-routing': [{ interface: 'ba', enabled: true, 'hmac-required': hmac }],
      ipv6: {
        'in-no-routes': '0',
        'out-no-routes': '0',
        'in-too-big-errors': '0',
        'in-header-errors': '0',
      },
    },
  });
  const uri = { uri: resourceUri(dataPaths.forwarding) };
  const findingsOf = (errors: number, hmac: boolean) => {
    const answers = measured({ out: 0, last: 0, delivered: 0 }, (before) =>
      before.add('B', uri, told(3, hmac)),
    );
    answers.add('B', uri, told(3 + errors, hmac));
    const readings = readingsOf(answers.envelopes);
    return correlate({ intent, paths: [steered], flows, readings, untrusted: [] }).findings.map(
      ({ kind, element, direction }) => ({ kind, element, direction }),
    );
  };

  it('is named by the interface of arrival, when the SID counts errors', () => {
    const element = { node: 'B', interface: 'ba', peer: 'A' };
    assert.deepEqual(findingsOf(7_000, true), [{ kind: 'seg6-disabled', element, direction: 'forward' }]);
  });

  it('is not named without errors, nor where nothing is demanded', () => {
    assert.deepEqual(findingsOf(0, true), []);
    assert.deepEqual(findingsOf(7_000, false), []);
  });
});

describe('urpf-drop', () => {
  const element = { node: 'B', interface: 'ba', peer: 'A' };
  const uri = { uri: resourceUri(dataPaths.accessLists) };
  const filtered = (dropped: number) => ({
    'ietf-access-control-list:acls': {
      'attachment-points': {
        interface: [
          {
            'interface-id': 'ba',
            'confer-device:reverse-path-filter': { mode: 'strict', 'dropped-packets': String(dropped) },
          },
        ],
      },
    },
  });
  const sids = { end: 'fc00:a::e', decapsulate: 'fc00:a::d' };
  const device = { node: 'A', system: 's', address: 'fc00:a::1', locator: 'fc00:a::/32', sids };
  const found = (dropped: number, back?: string) => {
    const answers = measured({ out: 0, last: 0, delivered: 0 }, (before) => {
      before
        .add('B', uri, filtered(5))
        .add('A', { uri: resourceUri(dataPaths.device) }, { 'confer-device:device': device });
      return back === undefined
        ? before
        : before.add('B', { uri: resourceUri(dataPaths.routing) }, routed(back));
    });
    return conclude(answers.add('B', uri, filtered(5 + dropped)));
  };
  const routed = (name: string) => {
    const route = { 'destination-prefix': 'fc00:a::1/128', 'next-hop': { 'outgoing-interface': name } };
    return { 'ietf-routing:routing': { ribs: { rib: [{ name: 'ipv6', routes: { route: [route] } }] } } };
  };

  it('is named when the filter counts the loss and the sender is routed elsewhere', () => {
    const { verdict, findings } = found(7_000, 'bc');
    assert.equal(verdict, 'CONFIRMED');
    assert.deepEqual(
      findings.map((one) => [one.kind, one.element, one.direction]),
      [['urpf-drop', element, 'forward']],
    );
  });

  it('is only likely where the sender is routed back, or nobody knows', () => {
    assert.equal(found(7_000, 'ba').verdict, 'LIKELY');
    assert.equal(found(7_000).verdict, 'LIKELY');
  });

  it('is not named when the filter counts less', () => {
    assert.deepEqual(found(700, 'bc').findings, []);
  });
});

describe('counters of the two ends of a link that loses', () => {
  type Told = NonNullable<Parameters<Answers['interfaces']>[1]>;
  /** 700 of 7,000 probes are lost from B to C. */
  const kindsWith = (sender: Partial<Told>, receiver: Partial<Told>) => {
    const lost = measured({ last: 6_300, delivered: 6_300 }, (before) =>
      before.interfaces('B', { name: 'bc' }).interfaces('C', { name: 'cb' }),
    )
      .interfaces('B', { name: 'bc', ...sender })
      .interfaces('C', { name: 'cb', ...receiver });
    return conclude(lost).findings.map(({ kind, element, direction }) => ({ kind, element, direction }));
  };
  const element = { node: 'B', interface: 'bc', peer: 'C' };

  it('corruption: as many errors as probes are missing', () => {
    const found = [{ kind: 'corruption', element, direction: 'forward' }];
    assert.deepEqual(kindsWith({}, { inErrors: 700 }), found);
    assert.deepEqual(kindsWith({ half: { lateCollisions: 0 } }, { inErrors: 700 }), found);
  });

  it('corruption is only likely where the sending end does not tell, or runs half-duplex', () => {
    const damaged = (sender?: Partial<Told>) => {
      const before = (answers: Answers) =>
        (sender === undefined ? answers : answers.interfaces('B', { name: 'bc' })).interfaces('C', {
          name: 'cb',
        });
      const after = measured({ last: 6_300, delivered: 6_300 }, before).interfaces('C', {
        name: 'cb',
        inErrors: 700,
      });
      return conclude(sender === undefined ? after : after.interfaces('B', { name: 'bc', ...sender }))
        .verdict;
    };
    assert.equal(damaged({}), 'CONFIRMED');
    assert.equal(damaged(), 'LIKELY');
    assert.equal(damaged({ half: { lateCollisions: 0 } }), 'LIKELY');
  });

  it('duplex-mismatch: late collisions at a half-duplex end besides', () => {
    assert.deepEqual(kindsWith({ half: { lateCollisions: 700 } }, { inErrors: 700 }), [
      { kind: 'duplex-mismatch', element, direction: 'forward' },
    ]);
  });

  it('link-flap: the same changes of the carrier at both ends', () => {
    assert.deepEqual(kindsWith({ carrierChanges: 6 }, { carrierChanges: 7 }), [
      { kind: 'link-flap', element, direction: 'both' },
    ]);
  });

  it('rate-bottleneck: the queue dropped as many', () => {
    const found = [{ kind: 'rate-bottleneck', element, direction: 'forward' }];
    assert.deepEqual(kindsWith({ queue: { dropped: 700 } }, {}), found);
    assert.deepEqual(kindsWith({ queue: { dropped: 900, average: 4_000, peak: 6_000 } }, {}), found);
  });

  it('nat-exhaustion: no port is left, and as many packets found none', () => {
    const found = [{ kind: 'nat-exhaustion', element, direction: 'forward' }];
    assert.deepEqual(kindsWith({ pool: { dropped: 700 } }, {}), found);
    const others = [{ dropped: 700, free: 5 }, { dropped: 100 }].map(
      (pool) => kindsWith({ pool }, {})[0]?.kind,
    );
    assert.deepEqual(others, ['silent-loss', 'silent-loss']);
  });

  it('microburst: and is empty on average', () => {
    assert.deepEqual(kindsWith({ queue: { dropped: 700, average: 300, peak: 6_000 } }, {}), [
      { kind: 'microburst', element, direction: 'forward' },
    ]);
  });

  it('microburst: what was dropped found it full, and all others found it empty', () => {
    const half = { dropped: 700, taken: 700, peak: 6_000 };
    assert.equal(kindsWith({ queue: { ...half, average: 3_000 } }, {})[0]?.kind, 'microburst');
    assert.equal(kindsWith({ queue: { ...half, average: 5_500 } }, {})[0]?.kind, 'rate-bottleneck');
  });

  it('silent-loss: nothing, too little, or what only one end says', () => {
    for (const [sender, receiver] of [
      [{ queue: { dropped: 300 } }, {}],
      [{}, { queue: { dropped: 700 } }],
      [{}, {}],
      [{}, { inErrors: 300 }],
      [{ inErrors: 700 }, {}],
      [{ carrierChanges: 6 }, {}],
    ])
      assert.deepEqual(kindsWith(sender ?? {}, receiver ?? {}), [
        { kind: 'silent-loss', element, direction: 'forward' },
      ]);
  });
});

describe('neighbour-discovery-failure', () => {
  const address = '2001:db8::c';
  /** Nothing goes out of B, which looks for C in vain; how old what each heard of the other is, reading by reading. */
  const kindsWith = (ages: readonly [b: number, c: number][], unresolved = address) => {
    const answers = measured({ out: 0, last: 0, delivered: 0 })
      .interfaces('B', { name: 'bc', unresolved })
      .interfaces('C', { name: 'cb', ip: address });
    for (const [b, c] of ages) answers.hears('B', { C: b }).hears('C', { B: c });
    return conclude(answers).findings.map(({ kind, element, direction }) => ({ kind, element, direction }));
  };

  it('is named when both ends still hear each other, read again', () => {
    const element = { node: 'B', interface: 'bc', peer: 'C' };
    assert.deepEqual(
      kindsWith([
        [0, 0],
        [0, 1],
      ]),
      [{ kind: 'neighbour-discovery-failure', element, direction: 'forward' }],
    );
  });

  it('waits for discovery, and is no dead direction', () => {
    assert.deepEqual(kindsWith([[0, 0]]), []);
    const oneSided = kindsWith([
      [0, 0],
      [0, 9],
    ]);
    assert.deepEqual(
      oneSided.map(({ kind }) => kind),
      ['unidirectional-link'],
    );
  });

  it('is not named for an address that is not at the other end', () => {
    assert.deepEqual(
      kindsWith(
        [
          [0, 0],
          [0, 0],
        ],
        '2001:db8::d',
      ),
      [],
    );
  });
});

describe('a link that is down', () => {
  /** Nothing passes from B to C; the state of both ends, reading by reading. */
  const told = (...states: { oper: 'up' | 'down'; carrierChanges: number }[]) => {
    const answers = measured({ out: 0, last: 0, delivered: 0 });
    for (const state of states)
      answers.interfaces('B', { name: 'bc', ...state }).interfaces('C', { name: 'cb', ...state });
    return conclude(answers);
  };

  it('was down at both readings, and nothing changed meanwhile', () => {
    const down = { oper: 'down', carrierChanges: 3 } as const;
    const { verdict, findings } = told(down, down);
    assert.deepEqual([verdict, findings[0]?.kind], ['CONFIRMED', 'link-down']);
    const one = measured({ out: 0, last: 0, delivered: 0 });
    one.interfaces('B', { name: 'bc', ...down }).interfaces('B', { name: 'bc', ...down });
    assert.equal(conclude(one).verdict, 'LIKELY', 'the other end may have been shut');
  });

  it('is only likely so after a single reading, or when it went down meanwhile', () => {
    for (const states of [
      [{ oper: 'down', carrierChanges: 3 }],
      [
        { oper: 'up', carrierChanges: 2 },
        { oper: 'down', carrierChanges: 3 },
      ],
    ] as const) {
      const { verdict, findings } = told(...states);
      assert.deepEqual([verdict, findings[0]?.kind], ['LIKELY', 'link-down']);
    }
  });

  it('and has come and gone rather flaps', () => {
    const { verdict, findings } = told(
      { oper: 'down', carrierChanges: 3 },
      { oper: 'down', carrierChanges: 7 },
    );
    assert.deepEqual([verdict, findings[0]?.kind], ['LIKELY', 'link-flap']);
  });
});

it('two nodes that name no interface towards each other are not accused of a link', () => {
  const hops = forward.hops.map((hop) => ({ ...hop, egress: '', ingress: '' }));
  const readings = readingsOf(measured({ last: 6_300, delivered: 6_300 }).envelopes);
  const { findings, verdict, suspects } = correlate({
    intent,
    paths: [{ ...forward, hops }],
    flows,
    readings,
    untrusted: [],
  });
  assert.deepEqual([findings, verdict], [[], 'INCONCLUSIVE']);
  assert.deepEqual(suspects, [{ node: 'B', peer: 'C' }]);
});

describe('flows of one path', () => {
  const more = Array.from({ length: 4 }, (_, index) => flowOf(forward, there + 100 + index));
  const labels = more.map(({ flowLabel }) => flowLabel);
  /** What arrives at C of a hundred probes of each flow that B sent it. */
  const arriving = (...packets: number[]) => {
    const answers = new Answers();
    for (const [index, label] of labels.entries()) answers.probes('A', label, 100, packets[index]);
    const told = (pick: (index: number) => { in?: number; out?: number; delivered?: number }) =>
      labels.map((label, index) => ({ label, ...pick(index) }));
    return answers
      .countingAll(
        'A',
        told(() => ({ out: 100 })),
      )
      .countingAll(
        'B',
        told(() => ({ in: 100, out: 100 })),
      )
      .countingAll(
        'C',
        told((index) => ({ in: packets[index] ?? 0, delivered: packets[index] ?? 0 })),
      );
  };
  const verdictOn = (answers: Answers) =>
    correlate({
      intent,
      paths: [forward],
      flows: more,
      readings: readingsOf(answers.envelopes),
      untrusted: [],
    });

  it('make one section, whose loss is theirs together', () => {
    const { measurements } = verdictOn(arriving(90, 80, 95, 85));
    assert.deepEqual(
      measurements.map(({ from, to, entered, left }) => `${from} ${entered} > ${to} ${left}`),
      [
        'A sent 400 > A out ab 400',
        'A out ab 400 > B in ba 400',
        'B in ba 400 > B out bc 400',
        'B out bc 400 > C in cb 350',
        'C in cb 350 > C delivered 350',
      ],
    );
  });

  it('contradict a router together that misses one probe of each', () => {
    const answers = new Answers();
    for (const label of labels) answers.probes('A', label, 100, 100);
    answers.countingAll(
      'A',
      labels.map((label) => ({ label, out: 100 })),
    );
    answers.countingAll(
      'B',
      labels.map((label) => ({ label, in: 99, out: 99 })),
    );
    answers.countingAll(
      'C',
      labels.map((label) => ({ label, in: 100, delivered: 100 })),
    );
    const { findings, verdict } = verdictOn(answers);
    assert.deepEqual([findings, verdict], [[], 'INCONCLUSIVE']);
  });

  it('lag-member: the bundle counts which one sends in vain', () => {
    const found = (sends: Record<string, { in?: number; out?: number }>, hears: typeof sends) => {
      const answers = new Answers()
        .interfaces('B', { name: 'bc', members: { m1: {}, m2: {} } })
        .interfaces('C', { name: 'cb', members: { m1: {}, m2: {} } });
      for (const { node, signed } of arriving(0, 100, 100, 100).envelopes)
        answers.add(node, signed.statement.operation, signed.answer.data as JsonObject);
      answers.interfaces('B', { name: 'bc', members: sends }).interfaces('C', { name: 'cb', members: hears });
      return verdictOn(answers).findings.map(({ kind, element }) => [kind, element.object]);
    };
    const sends = { m1: { out: 100 }, m2: { out: 300 } };
    assert.deepEqual(found(sends, { m1: {}, m2: { in: 300 } }), [['lag-member', 'm1']]);
    assert.deepEqual(found(sends, { m1: { in: 100 }, m2: { in: 300 } }), [['gray-ecmp-member', undefined]]);
    assert.deepEqual(found(sends, { m1: {}, m2: {} }), [['gray-ecmp-member', undefined]]);
  });

  it('some of which lose all and the others nothing tell of a dead member', () => {
    for (const packets of [
      [0, 100, 99, 100],
      [0, 0, 100, 0],
    ]) {
      const { findings, verdict } = verdictOn(arriving(...packets));
      assert.equal(verdict, 'LIKELY', 'nobody tells whether the link is a bundle');
      assert.deepEqual(
        findings.map(({ kind, element, direction }) => ({ kind, element, direction })),
        [
          {
            kind: 'gray-ecmp-member',
            element: { node: 'B', interface: 'bc', peer: 'C' },
            direction: 'forward',
          },
        ],
      );
    }
  });

  it('one of which loses half is no dead member', () => {
    const { findings } = verdictOn(arriving(0, 100, 50, 100));
    assert.deepEqual(
      findings.map(({ kind }) => kind),
      ['silent-loss'],
    );
  });
});

describe('a loss is explained', () => {
  const hits =
    (node: string, name: string, side: 'ingress' | 'egress', count: number, other?: number) =>
    (answers: Answers) => {
      const point = (now: number, then?: number) => ({
        [name]: {
          [side]: { '2001': now },
          ...(other !== undefined && {
            [side === 'egress' ? 'ingress' : 'egress']: { '2001': then ?? other },
          }),
        },
      });
      return answers.accessLists(node, point(5)).accessLists(node, point(5 + count));
    };
  const finding = (answers: Answers) => {
    const { findings, verdict } = conclude(answers);
    assert.equal(findings.length, 1, JSON.stringify(findings));
    assert.equal(verdict, 'CONFIRMED');
    const [{ kind, element, direction } = { kind: '', element: {}, direction: '' }] = findings;
    return { kind, element, direction };
  };

  it('by an egress ACL whose hits account for it', () => {
    assert.deepEqual(
      finding(measured({ out: 6_700, last: 6_700, delivered: 6_700 }, hits('B', 'bc', 'egress', 300))),
      {
        kind: 'egress-acl',
        element: { node: 'B', interface: 'bc', peer: 'C', object: '2001' },
        direction: 'forward',
      },
    );
  });

  it('by an ingress ACL', () => {
    assert.deepEqual(
      finding(measured({ out: 6_700, last: 6_700, delivered: 6_700 }, hits('B', 'ba', 'ingress', 300))),
      {
        kind: 'ingress-acl',
        element: { node: 'B', interface: 'ba', peer: 'A', object: '2001' },
        direction: 'forward',
      },
    );
  });

  it('by an ACL that is bound both ways and hits one', () => {
    const answers = measured(
      { out: 6_700, last: 6_700, delivered: 6_700 },
      hits('B', 'bc', 'egress', 300, 9),
    );
    assert.equal(finding(answers).kind, 'one-way-acl');
  });

  it('less surely by an ACL that hits far more than our probes', () => {
    const answers = measured({ out: 6_700, last: 6_700, delivered: 6_700 }, hits('B', 'bc', 'egress', 9_000));
    const { findings, verdict } = conclude(answers);
    assert.deepEqual([findings[0]?.kind, verdict], ['egress-acl', 'LIKELY']);
  });

  it('less surely by an ACL whose hits leave some of our losses open, or in a section that holds more', () => {
    const lost = { out: 6_700, last: 6_700, delivered: 6_700 };
    assert.equal(conclude(measured(lost, hits('B', 'bc', 'egress', 200))).verdict, 'LIKELY');
    const wide = hits(
      'B',
      'bc',
      'egress',
      300,
    )(new Answers())
      .probes('A', there, 7_000, 6_700)
      .counting('A', there, { out: 7_000 })
      .counting('C', there, { in: 6_700, delivered: 6_700 });
    assert.equal(conclude(wide).verdict, 'LIKELY');
  });

  it('by nothing, when a link carries nothing at all and both ends are still heard', () => {
    const answers = measured({ last: 0, delivered: 0 }).hears('B', { A: 1, C: 1 }).hears('C', { B: 1 });
    const { findings, suspects, verdict } = conclude(answers);
    assert.deepEqual([findings, verdict], [[], 'INCONCLUSIVE']);
    assert.deepEqual(suspects, [{ node: 'B', interface: 'bc', peer: 'C' }]);
  });

  it('by silent loss on a link, when both of its ends count and no counter shows the drops', () => {
    const lost = { last: 6_700, delivered: 6_700 };
    const read = (answers: Answers) =>
      answers.interfaces('B', { name: 'bc' }).interfaces('C', { name: 'cb' });
    const both = read(measured(lost, read));
    assert.deepEqual(finding(both), {
      kind: 'silent-loss',
      element: { node: 'B', interface: 'bc', peer: 'C' },
      direction: 'forward',
    });
    assert.equal(conclude(both).verdict, 'CONFIRMED');
    assert.equal(conclude(measured(lost)).verdict, 'LIKELY', 'where an end does not tell what it dropped');
  });

  it('by a unidirectional link, when nothing passes and discovery is one-sided', () => {
    const answers = measured({ last: 0, delivered: 0 }).hears('B', { A: 1, C: 1 }).hears('C', { B: 9 });
    assert.equal(finding(answers).kind, 'unidirectional-link');
    const back = measured({ last: 0, delivered: 0 }).hears('B', { A: 1, C: 9 }).hears('C', { B: 1 });
    assert.equal(conclude(back).verdict, 'LIKELY', 'where only announcements say that the other way is dead');
  });

  it('by nothing: old hits, too few hits and hits elsewhere leave the router a suspect', () => {
    for (const state of [
      hits('B', 'bc', 'egress', 0),
      hits('B', 'bc', 'egress', 100),
      hits('B', 'bx', 'egress', 300),
    ]) {
      const { findings, suspects, verdict } = conclude(
        measured({ out: 6_700, last: 6_700, delivered: 6_700 }, state),
      );
      assert.deepEqual([findings, verdict], [[], 'INCONCLUSIVE']);
      assert.deepEqual(suspects, [{ node: 'B' }]);
    }
  });

  it('by an MTU mismatch, when large probes die where small ones pass', () => {
    const [small, large] = [flowOf(forward, there), flowOf(forward, 13, 'size')];
    const label = 13;
    const answers = measured({});
    const both = (node: string, one: object, other: object) => {
      const flow = [
        {
          'flow-label': there,
          interface: [{ name: 'x', in: '7000', out: '7000', ...one }],
          delivered: '7000',
        },
        {
          'flow-label': label,
          interface: [{ name: 'x', in: '20', out: '20', ...other }],
          delivered: '0',
        },
      ];
      answers.add(
        node,
        { uri: 'urn:ietf:params:xml:ns:yang:confer-device/counting=c1' },
        { 'confer-device:counting': { id: 'c1', flow } },
      );
    };
    answers.probes('A', label, 20, 0);
    both('A', {}, {});
    both('B', {}, {});
    both('C', {}, { in: '0' });
    const told = (b: number, c: number) => {
      const again = new Answers();
      again.envelopes.push(...answers.envelopes);
      again.interfaces('B', { name: 'ba' }, { name: 'bc', mtu: b }).interfaces('C', { name: 'cb', mtu: c });
      return correlate({
        intent,
        paths: [forward],
        flows: [small, large],
        readings: readingsOf(again.envelopes),
        untrusted: [],
      });
    };
    // C says that it takes more than B sends: then C was not seen to send such packets, and may lie.
    const boast = told(1_400, 9_000);
    assert.deepEqual([boast.findings, boast.verdict], [[], 'INCONCLUSIVE']);
    assert.ok(boast.suspects.length > 0);
    const { findings } = told(1_500, 1_400);
    assert.deepEqual(
      findings.map(({ kind, element, direction }) => ({ kind, element, direction })),
      [{ kind: 'mtu-mismatch', element: { node: 'C', interface: 'cb', peer: 'B' }, direction: 'both' }],
    );
  });
});

describe('a SID that is not installed', () => {
  const sids = { end: 'fc00:2::e', decapsulate: 'fc00:2::d' };
  const path = { ...forward, segments: [sids.end, 'fc00:3::d'] };
  const noDrops = {
    'in-no-routes': '0',
    'out-no-routes': '0',
    'in-too-big-errors': '0',
    'in-header-errors': '0',
  };
  const stateOfB = (answers: Answers) =>
    answers
      .add(
        'B',
        { uri: resourceUri(dataPaths.device) },
        { 'confer-device:device': { node: 'B', system: 's', address: '::1', locator: 'fc00:2::/32', sids } },
      )
      .add(
        'B',
        { uri: resourceUri(dataPaths.forwarding) },
        { 'confer-device:forwarding': { 'local-sid': [], ipv6: noDrops } },
      );
  const kinds = (answers: Answers) =>
    correlate({
      intent,
      paths: [path],
      flows,
      readings: readingsOf(answers.envelopes),
      untrusted: [],
    }).findings.map(({ kind }) => kind);
  const dead = { out: 0, last: 0, delivered: 0 };

  it('is the cause where nothing gets past', () => {
    assert.deepEqual(kinds(measured(dead, stateOfB)), ['sid-missing']);
  });

  it('is none where probes arrive further on, though the node itself does not count', () => {
    const answers = stateOfB(new Answers())
      .probes('A', there, 7_000, 6_000)
      .counting('A', there, { out: 7_000 })
      .counting('C', there, { in: 6_000, delivered: 6_000 });
    assert.deepEqual(kinds(answers), []);
    const silentTail = stateOfB(new Answers()).probes('A', there, 7_000, 6_000);
    assert.deepEqual(kinds(silentTail), []);
  });
});

describe('a path that visits a node twice', () => {
  it('is cut around it, for its counters add up both visits', () => {
    const path = pathOver('ABCB', 'f1');
    const answers = new Answers()
      .probes('A', there, 7_000, 7_000)
      .counting('A', there, { out: 7_000 })
      .counting('B', there, { in: 14_000, out: 7_000, delivered: 7_000 })
      .counting('C', there, { in: 7_000, out: 6_000 });
    const input = { intent, paths: [path], flows, readings: readingsOf(answers.envelopes), untrusted: [] };
    assert.deepEqual(
      sectionsOf([path], flows, input.readings, lossMin).map(({ from, to, elements }) => [
        from,
        to,
        elements.length,
      ]),
      [
        ['A sent', 'A out ab', 1],
        ['A out ab', 'C in cb', 3],
        ['C in cb', 'C out cb', 1],
        ['C out cb', 'B answered', 2],
      ],
    );
    assert.deepEqual(correlate(input).findings, []);
  });
});

describe('the verdict', () => {
  const untrusted = (node: string, management: Untrusted['management']): Untrusted => ({
    node,
    reason: 'timeout',
    detail: 'late',
    management,
    until: '2026-07-01T12:01:00.000Z',
  });

  it('is NO_FAULT only when both directions were measured and are quiet', () => {
    const answers = new Answers().probes('A', there, 7_000).probes('C', back, 7_000);
    for (const node of ['A', 'B', 'C']) {
      const one = { name: 'x', in: '7000', out: '7000' };
      const flow = [there, back].map((label) => ({
        'flow-label': label,
        interface: [one],
        delivered: '7000',
      }));
      answers.add(
        node,
        { uri: 'urn:ietf:params:xml:ns:yang:confer-device/counting=c1' },
        { 'confer-device:counting': { id: 'c1', flow } },
      );
    }
    assert.equal(conclude(answers, [], false).verdict, 'NO_FAULT');
    assert.equal(conclude(answers).verdict, 'INCONCLUSIVE', 'one direction alone');
    assert.equal(conclude(measured({}), [], false).verdict, 'INCONCLUSIVE', 'nobody measured the reverse');
    assert.equal(conclude(new Answers(), [], false).verdict, 'INCONCLUSIVE', 'nothing was measured');
  });

  it('accuses nobody when counters contradict each other', () => {
    for (const lie of [{ in: 0, out: 0 }, { out: 5_000 }, { last: 5_000 }, { first: 5_000 }]) {
      const { findings, verdict, suspects } = conclude(measured(lie));
      assert.deepEqual([findings, verdict], [[], 'INCONCLUSIVE'], JSON.stringify(lie));
      assert.ok(suspects.length > 0);
    }
  });

  it('accuses nobody when more replies came back than the tail says arrived', () => {
    const answers = new Answers().probes('A', there, 7_000, 7_000);
    course(answers, forward, there, { ...clean, last: 6_000, delivered: 6_000 });
    assert.deepEqual(conclude(answers).findings, []);
  });

  it('accuses nobody when the head says that it sent less than others counted', () => {
    const answers = measured({}, (one) => one);
    const lied = new Answers().probes('A', there, 1_000, 1_000);
    course(lied, forward, there, { ...clean, sent: 1_000 });
    assert.equal(conclude(answers).suspects.length, 0);
    const { findings, verdict, suspects } = conclude(lied);
    assert.deepEqual([findings, verdict], [[], 'INCONCLUSIVE']);
    assert.deepEqual(suspects, [{ node: 'A' }, { node: 'B' }]);
  });

  it('takes no accusation on another path from whoever is contradicted on one', () => {
    const answers = new Answers().probes('A', there, 7_000).probes('C', back, 7_000, 3_000);
    for (const [node, forwards, backwards] of [
      ['A', { out: 7_000 }, { in: 3_000, delivered: 3_000 }],
      ['B', { in: 2_000, out: 7_000 }, { in: 7_000, out: 3_000 }],
      ['C', { in: 7_000, delivered: 7_000 }, { out: 7_000 }],
    ] as const) {
      const flow = [
        { label: there, told: forwards },
        { label: back, told: backwards },
      ].map(
        ({ label, told: { in: inward = 0, out = 0, delivered = 0 } }: { label: number; told: Counts }) => ({
          'flow-label': label,
          interface: [{ name: 'x', in: String(inward), out: String(out) }],
          delivered: String(delivered),
        }),
      );
      answers.add(
        node,
        { uri: 'urn:ietf:params:xml:ns:yang:confer-device/counting=c1' },
        { 'confer-device:counting': { id: 'c1', flow } },
      );
    }
    answers
      .accessLists('B', { ba: { egress: { '7': 0 } } })
      .accessLists('B', { ba: { egress: { '7': 4_000 } } });
    const { findings, verdict } = conclude(answers, [], false);
    assert.deepEqual([findings, verdict], [[], 'INCONCLUSIVE']);
  });

  it('is not NO_FAULT while many of the large probes die, nor while a loss is undecided', () => {
    const undecided = conclude(measured({ last: 6_993, delivered: 6_993 }));
    assert.equal(undecided.verdict, 'INCONCLUSIVE');
    assert.deepEqual(undecided.suspects, [{ node: 'B', interface: 'bc', peer: 'C' }]);
    const large = 13;
    const answers = new Answers().probes('A', there, 7_000).probes('A', large, 20, 8);
    for (const [node, inward, out, delivered] of [
      ['A', 0, 20, 0],
      ['B', 20, 20, 0],
      ['C', 8, 0, 8],
    ] as const)
      answers.add(
        node,
        { uri: 'urn:ietf:params:xml:ns:yang:confer-device/counting=c1' },
        {
          'confer-device:counting': {
            id: 'c1',
            flow: [
              { 'flow-label': there, interface: [{ name: 'x', in: '7000', out: '7000' }], delivered: '7000' },
              {
                'flow-label': large,
                interface: [{ name: 'x', in: String(inward), out: String(out) }],
                delivered: String(delivered),
              },
            ],
          },
        },
      );
    const { findings, verdict, suspects } = correlate({
      intent,
      paths: [forward],
      flows: [flowOf(forward, there), flowOf(forward, large, 'size')],
      readings: readingsOf(answers.envelopes),
      untrusted: [],
    });
    assert.deepEqual([findings, verdict], [[], 'INCONCLUSIVE']);
    assert.deepEqual(suspects, [{ node: 'B', interface: 'bc', peer: 'C' }]);
  });

  it('does not call a router crashed whose packets still pass, or which only its discovery has lost for sure', () => {
    const gone = (answers: Answers) => answers.interfaces('B', { name: 'bc' }).hears('B', { A: 1, C: 9 });
    const alive = gone(new Answers())
      .probes('A', there, 1_000, 1_000)
      .counting('A', there, { out: 1_000 })
      .counting('B', there, { in: 1_000, out: 1_000 });
    const silent = [untrusted('C', 'out-of-band')];
    const forwarding = conclude(alive, silent, false);
    assert.deepEqual([forwarding.findings[0]?.kind, forwarding.verdict], ['agent-only', 'LIKELY']);
    const dead = gone(new Answers())
      .probes('A', there, 1_000, 0)
      .counting('A', there, { out: 1_000 })
      .counting('B', there, { in: 1_000, out: 1_000 });
    const { findings, verdict } = conclude(dead, silent, false);
    assert.deepEqual([findings[0]?.kind, verdict], ['node-crash', 'LIKELY']);
  });

  it('is sure of a dead router only when every neighbour has lost its carrier', () => {
    const dead = { first: 0, in: 0, out: 0, last: 0, delivered: 0 };
    const state = (answers: Answers) =>
      answers
        .interfaces('A', { name: 'ab' })
        .hears('A', { B: 9 })
        .interfaces('C', { name: 'cb', oper: 'down' });
    const { findings, verdict } = conclude(measured(dead, state), [untrusted('B', 'out-of-band')]);
    assert.deepEqual([findings[0]?.kind, verdict], ['node-crash', 'LIKELY']);
  });

  it('is not sure of a dead router that only one neighbour has lost: its link may be down, and its agent silent', () => {
    const dead = { first: 1_000, in: 1_000, out: 0, last: 0, delivered: 0 };
    const state = (answers: Answers) => answers.interfaces('B', { name: 'bc', oper: 'down' });
    const { findings, verdict } = conclude(measured(dead, state), [untrusted('C', 'out-of-band')]);
    assert.deepEqual([findings[0]?.kind, verdict], ['node-crash', 'LIKELY']);
  });

  it('says nothing of a silent router behind which nobody knows who comes, unless its carrier is lost', () => {
    const [toB, beyond] = forward.hops;
    assert.ok(toB !== undefined && beyond !== undefined);
    const guessed = { ...forward, hops: [toB, { ...beyond, egress: '', ingress: '' }] };
    const verdictWith = (oper: 'up' | 'down') => {
      const answers = measured({ first: 1_000, in: 0, out: 0, last: 0, delivered: 0 }, (one) =>
        one.interfaces('A', { name: 'ab', oper }).hears('A', { B: 9 }),
      );
      return correlate({
        intent,
        paths: [guessed],
        flows,
        readings: readingsOf(answers.envelopes.filter(({ node }) => node !== 'B')),
        untrusted: [untrusted('B', 'out-of-band')],
      });
    };
    assert.deepEqual(verdictWith('up').findings, []);
    assert.equal(verdictWith('up').verdict, 'INCONCLUSIVE');
    assert.equal(verdictWith('down').findings[0]?.kind, 'node-crash');
  });

  it('takes a router that told of its dead link before it fell silent for alive', () => {
    const dead = { first: 1_000, in: 1_000, out: 0, last: 0, delivered: 0 };
    const state = (answers: Answers) =>
      answers.interfaces('B', { name: 'bc', oper: 'down' }).interfaces('C', { name: 'cb', oper: 'down' });
    const { findings } = conclude(measured(dead, state), [untrusted('C', 'out-of-band')]);
    assert.deepEqual(
      findings.map(({ kind }) => kind),
      ['link-down'],
    );
  });

  it('suspects what all losses have in common, and no link that carries the same way without loss', () => {
    // B does not count; both ways share A -> B.
    const [one, two] = [pathOver('ABC', 'f1'), pathOver('ABD', 'f2')];
    const both = (lostOnOne: number, lostOnTwo: number) => {
      const label = 13;
      const answers = new Answers()
        .probes('A', there, 7_000, 7_000 - lostOnOne)
        .probes('A', label, 7_000, 7_000 - lostOnTwo);
      const flow = [there, label].map((one) => ({
        'flow-label': one,
        interface: [{ name: 'ab', in: '0', out: '7000' }],
        delivered: '0',
      }));
      answers.add(
        'A',
        { uri: 'urn:ietf:params:xml:ns:yang:confer-device/counting=c1' },
        { 'confer-device:counting': { id: 'c1', flow } },
      );
      answers.counting('C', there, { in: 7_000 - lostOnOne, delivered: 7_000 - lostOnOne });
      answers.counting('D', label, { in: 7_000 - lostOnTwo, delivered: 7_000 - lostOnTwo });
      return correlate({
        intent,
        paths: [one, two],
        flows: [flowOf(one, there), flowOf(two, label)],
        readings: readingsOf(answers.envelopes),
        untrusted: [],
      }).suspects;
    };
    assert.deepEqual(both(300, 300), [{ node: 'A', interface: 'ab', peer: 'B' }, { node: 'B' }]);
    assert.deepEqual(both(300, 0), [{ node: 'B' }, { node: 'B', interface: 'bc', peer: 'C' }]);
  });

  it('forgives a duplicate', () => {
    assert.equal(conclude(measured({ last: 7_001, delivered: 7_001 })).suspects.length, 0);
  });

  it('calls a router crashed when its neighbours have lost it, in-band only when two have', () => {
    const state = (answers: Answers) =>
      answers.interfaces('A', { name: 'ab', oper: 'down' }).interfaces('C', { name: 'cb', oper: 'down' });
    const dead = { first: 0, in: 0, out: 0, last: 0, delivered: 0 };
    const two = conclude(measured(dead, state), [untrusted('B', 'in-band')]);
    assert.deepEqual(
      two.findings.map(({ kind, element }) => [kind, element.node]),
      [['node-crash', 'B']],
    );
    const one = (answers: Answers) => answers.interfaces('A', { name: 'ab', oper: 'down' });
    assert.deepEqual(conclude(measured(dead, one), [untrusted('B', 'in-band')]).findings, []);
    assert.equal(
      conclude(measured(dead, one), [untrusted('B', 'out-of-band')]).findings[0]?.kind,
      'node-crash',
    );
    assert.deepEqual(
      conclude(measured({}), [untrusted('B', 'out-of-band')]).findings,
      [],
      'its packets pass',
    );
  });

  it('calls a link down when another neighbour still sees the silent router', () => {
    const state = (answers: Answers) =>
      answers.interfaces('A', { name: 'ab', oper: 'down' }).interfaces('C', { name: 'cb' });
    const dead = { first: 0, in: 0, out: 0, last: 0, delivered: 0 };
    assert.deepEqual(
      conclude(measured(dead, state), [untrusted('B', 'in-band')]).findings.map(({ kind, element }) => [
        kind,
        element,
      ]),
      [['link-down', { node: 'A', interface: 'ab', peer: 'B' }]],
    );
  });

  it('is the same for the same answers', () => {
    const answers = measured({ last: 6_700, delivered: 6_700 });
    assert.deepEqual(conclude(answers), conclude(answers));
  });
});
