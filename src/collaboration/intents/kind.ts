/**
 * What one kind of intent is: which names it has, what is asked for it, and what follows from the answers. index.ts lists
 * the kinds, a file each.
 */
import type { z } from 'zod';
import type { SummaryFacts } from '../../../models/language-model.ts';
import type { Clock, Random } from '../../core/ports.ts';
import type { Conclusion, Flow, Path, Report, ServedIntent, Untrusted } from '../../core/records.ts';
import type { Directory } from '../domain.ts';
import type { Observer } from '../progress.ts';
import type { Readings } from '../readings.ts';
import type { Session } from '../session.ts';

export interface IntentKind<I extends ServedIntent> {
  /** What YAML, JSON and language models may say; defaults are filled in. */
  schema: z.ZodType<I> & z.core.$ZodTypeDiscriminable;
  /** What its names name, in a word. */
  subject: string;
  /** "packet loss from PE-1 to PE-3 via P-2": for progress and pages. */
  wording(intent: I): string;
  /** Every node that it names, from the head on. */
  names(intent: I): string[];
  /** With each name as `spell` writes it, and `self` where it leaves out who is to look. */
  spelled(intent: I, spell: (name: string) => string, self: string): I;
  /** Asks the peers of the session whatever its conclusion needs. Never fails for a peer. */
  measure(intent: I, serving: Serving): Promise<{ paths: Path[]; flows: Flow[] }>;
  /** A pure function, which whoever verifies the report repeats. */
  conclude(measured: Measured<I>): Conclusion;
  /** What its own part of the conclusion says, a line each, for terminals and pages; none where it has no such part. */
  answer(conclusion: Conclusion): string[];
  /** What the language model words its sentence from. */
  facts(conclusion: Conclusion, measured: Measured<I>): SummaryFacts;
  /** What of the paths and flows, which the creator writes by itself, does not fit the intent and the answers. */
  claimFault(report: Report, intent: I): string | undefined;
}

export interface Serving {
  session: Session;
  directory: Directory;
  clock: Clock;
  random: Random;
  signal: AbortSignal;
  observe: Observer;
}

/** What a conclusion is drawn from: all of it stands in the report. */
export interface Measured<I extends ServedIntent> {
  intent: I;
  paths: readonly Path[];
  flows: readonly Flow[];
  readings: Readings;
  untrusted: readonly Untrusted[];
}
