/**
 * The one door through which reports come in, pulled or pushed:
 *
 *   body -> judge -> hold (durable) -> the device may be told
 *              +---> refuse (kept apart with the reason; never acknowledged)
 */
import { digestOf, type JsonValue } from '../../crypto/canonical.ts';
import { reportUriPrefix } from '../collaboration/report.ts';
import type { Clock } from '../core/ports.ts';
import { reportId } from '../core/report-tools.ts';
import type { Archive, HeldReport, RefusedReport } from './archive.ts';
import { judge } from './judge.ts';

export type Taken =
  | { kind: 'new'; held: HeldReport }
  | { kind: 'known' }
  /** keptApart: it is in the archive's other half; a device that sends too many is not given the room. */
  | { kind: 'refused'; refused: RefusedReport; keptApart: boolean };

export interface IntakeOptions {
  archive: Archive;
  clock: Clock;
  trustAnchorPem: string;
  /** Refused reports of one device that are kept apart. */
  refusedKeepMax: number;
  /** Hears of everything that is not known already. */
  observe(taken: Taken): void;
}

export class Intake {
  readonly #options: IntakeOptions;
  /** By device: what it is being taken from, one after the other, so that pulled and pushed copies meet. */
  readonly #busy = new Map<string, Promise<unknown>>();

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /**
   * id: what the report was fetched as; undefined when it was pushed. Resolves once durable; rejects only when the
   * store fails, and then nothing may be acknowledged any more.
   */
  async take(device: string, id: string | undefined, body: JsonValue): Promise<Taken> {
    const earlier = this.#busy.get(device) ?? Promise.resolve();
    const mine = earlier.catch(() => {}).then(() => this.#take(device, id, body));
    this.#busy.set(device, mine);
    try {
      const taken = await mine;
      if (taken.kind !== 'known') this.#options.observe(taken);
      return taken;
    } finally {
      if (this.#busy.get(device) === mine) this.#busy.delete(device);
    }
  }

  /** Resolves when nothing is being taken. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#busy.values());
  }

  async #take(device: string, id: string | undefined, body: JsonValue): Promise<Taken> {
    const { archive, clock, trustAnchorPem } = this.#options;
    const judgement = judge(body, { device, id, trustAnchorPem });
    const received = new Date(clock.now()).toISOString();
    if (!judgement.ok) return await this.#refuse(device, id ?? claimedId(body), judgement.reason, body);
    const { report } = judgement;
    if (archive.holds(device, judgement.id)) {
      // The same name twice is a repetition; another report under it would be a second story of one session.
      const held = await archive.report(device, judgement.id);
      if (held !== undefined && digestOf(held) === digestOf(body)) return { kind: 'known' };
      const reason = 'identity: another report of this session is held already';
      return await this.#refuse(device, judgement.id, reason, body);
    }
    const { created, verdict, hypothesis } = report;
    const held = { device, id: judgement.id, created, verdict, hypothesis, received };
    await archive.hold(held, report);
    return { kind: 'new', held };
  }

  async #refuse(device: string, id: string, reason: string, body: JsonValue): Promise<Taken> {
    const { archive, clock, refusedKeepMax } = this.#options;
    const before = archive.refusal(device, id);
    const received = new Date(clock.now()).toISOString();
    const refused = { device, id, reason, received, released: before?.released ?? null };
    const keptApart = before !== undefined || archive.refused(device).length < refusedKeepMax;
    if (keptApart) await archive.refuse(refused, body);
    return { kind: 'refused', refused, keptApart };
  }
}

/** What a report that does not verify calls itself: only a name to keep it by. */
function claimedId(body: JsonValue): string {
  const uri = typeof body === 'object' && body !== null && 'uri' in body ? body.uri : undefined;
  const id = typeof uri === 'string' ? uri.slice(reportUriPrefix.length) : '';
  return reportId.safeParse(id).success ? id : 'without-a-name';
}
