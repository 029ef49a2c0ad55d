/**
 * Input: a place that loses packets for sure and that no finding explains by itself, and what was found elsewhere.
 * Output: it is suspect beside the finding, unless it is the same loss seen from further away.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Section } from '../../../src/collaboration/sections.ts';
import { suspectsOf } from '../../../src/collaboration/suspects.ts';
import type { Direction, Element, Finding } from '../../../src/core/records.ts';

const link = { node: 'C', interface: 'cd', peer: 'D' };

/** From C, which counts, to D, which does not: forward. */
function section(place: 'delivered' | 'answered'): Section {
  const lossy: Partial<Section> = {
    purpose: 'loss',
    direction: 'forward',
    entered: 1_000,
    left: 600,
    probability: 0.9999,
    elements: [link, { node: 'D' }],
    toPoint: { label: '', node: 'D', index: 3, place, packets: 600, supportedBy: [] },
  };
  return lossy as Section;
}

function finding(element: Element, direction: Direction): Finding {
  const kind = 'silent-loss';
  const loss = { lossPercent: 40, lossPercentInterval: [37, 43] as [number, number] };
  return { kind, element, direction, probability: 0.9999, ...loss, supportedBy: [] };
}

function suspects(found: Finding, lossy: Section): Element[] {
  const unexplained = [{ section: lossy, elements: lossy.elements }];
  return suspectsOf([], { sections: [lossy], findings: [found], losses: [found], unexplained });
}

describe('suspects beside a finding', () => {
  it('another fault is not hidden by the one that was found', () => {
    for (const direction of ['forward', 'reverse'] as const)
      assert.deepEqual(suspects(finding({ node: 'A' }, direction), section('delivered')), [
        link,
        { node: 'D' },
      ]);
    assert.deepEqual(suspects(finding(link, 'reverse'), section('delivered')), [link, { node: 'D' }]);
  });

  it('the same place in the same direction is the same loss', () => {
    assert.deepEqual(
      suspects(finding({ node: 'D', interface: 'dc', peer: 'C' }, 'forward'), section('delivered')),
      [],
    );
  });

  it('replies that do not come back are lost where the way back loses', () => {
    assert.deepEqual(
      suspects(finding({ node: 'B', interface: 'ba', peer: 'A' }, 'reverse'), section('answered')),
      [],
    );
  });
});
