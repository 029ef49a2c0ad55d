/**
 * How reports get from a device to a controller (troubleshooting draft section 5.3.1 step 5: pushed when the controller
 * is reachable, else kept on the box until the next sync), and how a device says what it keeps.
 *
 *   controller -- resources/list, resources/read, ietf-mcp-report-acknowledge --> device      pull
 *   controller <-- ietf-mcp-report-deliver -------------------------------------- device      push, on the same link
 */
import { z } from 'zod';
import { limits } from './limits.ts';

/** The id of a report: what follows the prefix of its URI. */
export const reportId = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be the id of a report');

/** To a device, from a controller that holds these reports durably: the device may drop them when it needs room. */
export const reportAcknowledgeArguments = z.strictObject({
  ids: z
    .array(reportId)
    .min(1)
    .max(limits.reportIdsMax)
    .describe('Reports that the controller holds durably'),
});

/** Idempotent: what was acknowledged before is acknowledged. */
export const reportAcknowledgeResult = z.object({
  acknowledged: z.array(z.string()).describe('On this device, and marked durably'),
  unknown: z.array(z.string()).describe('Not on this device, or no more'),
});

/** To a controller, from the device that created the report. */
export const reportDeliverArguments = z.strictObject({
  report: z.record(z.string(), z.unknown()).describe('The report as the device keeps it'),
});

/** `stored` acknowledges: the controller verified the report and holds it durably. */
export const reportDeliverResult = z.object({
  stored: z.boolean(),
  reason: z.string().optional().describe('Why it was refused'),
});

/** How full the place for reports is; each state says what comes next, before it comes. */
export const shelfStates = ['room', 'nearly-dropping', 'dropping', 'nearly-refusing', 'refusing'] as const;

/** What a device tells of its shelf: the resource, and the `_meta` of its entry in resources/list. */
export const shelfStatus = z.object({
  kept: z.int(),
  unacknowledged: z.int(),
  'keep-max': z.int(),
  'warn-at-percent': z.int(),
  state: z.enum(shelfStates),
  announcement: z.string(),
});

/** What a device tells of a report in resources/list, `_meta`. A hint: the report itself is what is verified. */
export const reportNote = z.object({
  created: z.string(),
  hypothesis: z.string(),
  verdict: z.string(),
  intent: z.string().optional().describe('The beginning of what the operator wrote'),
  'acknowledged-by': z.array(z.string()),
});

/** The resource that tells how full the shelf is. */
export const shelfUri = 'urn:ietf:params:xml:ns:yang:ietf-mcp/report-shelf';

export const reportMetaKeys = { note: 'ietf-mcp/report', shelf: 'ietf-mcp/report-shelf' } as const;

export type ShelfStatus = z.infer<typeof shelfStatus>;
export type ShelfState = ShelfStatus['state'];
export type ReportNote = z.infer<typeof reportNote>;
