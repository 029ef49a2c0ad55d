/**
 * Input: a report that holds, and what whoever asked knows by himself.
 * Output: one check more, that fails for an old report and for one that answers somebody or something else.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { asAsked } from '../../../src/cli/ask-agent.ts';
import type { Report } from '../../../src/core/records.ts';

const askedAtMs = Date.UTC(2026, 6, 1, 12);
const asked = { text: 'loss from PE-1 to PE-3', node: 'PE-1', askedAtMs, answeredAtMs: askedAtMs + 4_000 };
const holds = { ok: true, checks: [{ name: 'form', ok: true, detail: 'fine' }] };

function made(secondsLater: number, more: Partial<Report> = {}): Report {
  const created = new Date(askedAtMs + secondsLater * 1_000).toISOString();
  return { creator: 'PE-1', intentText: asked.text, created, ...more } as Report;
}

describe('a report is as asked', () => {
  it('when this agent made it just now for this intent', () => {
    for (const secondsLater of [3, -9, 13]) {
      const { ok, checks } = asAsked(made(secondsLater), holds, asked);
      assert.ok(ok);
      assert.deepEqual(
        checks.map(({ name }) => name),
        ['form', 'as asked'],
      );
    }
  });

  const others: [what: string, report: Report, told: RegExp][] = [
    [
      'an old one',
      made(-3_600),
      /created at 2026-07-01T11:00:00.000Z, and it was asked for from .*old one, or/,
    ],
    ['one of the future', made(60), /one of the clocks is wrong/],
    ["another agent's", made(3, { creator: 'P-2' }), /PE-1 was asked, and the report is one of P-2/],
    [
      'one to another intent',
      made(3, { intentText: 'PE-3 to PE-1' }),
      /answers another intent: "PE-3 to PE-1"/,
    ],
  ];
  for (const [what, report, told] of others)
    it(`not when it is ${what}`, () => {
      const { ok, checks } = asAsked(report, holds, asked);
      assert.equal(ok, false);
      assert.match(checks.at(-1)?.detail ?? '', told);
    });

  it('is not looked at when the report does not hold anyway', () => {
    const broken = { ok: false, checks: [{ name: 'form', ok: false, detail: 'changed' }] };
    assert.equal(asAsked(made(3), broken, asked), broken);
  });
});
