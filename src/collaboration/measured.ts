/** What a report's conclusion was drawn from: whoever verifies, ranks or words it again begins with this. */
import type { Report, ServedIntent } from '../core/records.ts';
import type { Measured } from './intents/kind.ts';
import { readingsOf } from './readings.ts';
import { isAway } from './session.ts';

export function measuredIn({ intent, paths, flows, envelopes, untrusted }: Report): Measured<ServedIntent> {
  return { intent, paths, flows, readings: readingsOf(envelopes), untrusted: untrusted.filter(isAway) };
}
