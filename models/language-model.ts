/**
 * The LanguageModel port. A model parses what an operator typed and words what the measurements proved. It is given
 * no tool, and code checks whatever it returns: it can introduce neither a fact nor an action.
 */
import type { Sayable } from './evidence/sentence.ts';

/** What a sentence of a report is worded from: plain statements that code derived from verified measurements. */
export interface SummaryFacts {
  verdict: string;
  head: string;
  tail: string;
  /** One entry a finding, already worded as a noun phrase: "PE-1 egress ACL 2001". */
  findings: {
    place: string;
    /** The router before the loss and the one behind it, as the packets travel; the same for a loss inside a router. */
    from: string;
    to: string;
    /** forward, reverse or both. */
    direction: string;
    loss: string;
    interval: string;
    /** Only packets of this size are lost. */
    octets?: number;
  }[];
  /** Loss in the direction that no finding accuses, for example "0 %"; absent when unknown. */
  oppositeLoss?: string;
  /** Where the measurements do not decide, what got lost from end to end: "3 of 919 probes forward, 0 of 919 in reverse". */
  lost?: string;
  /** In place of losses, where something else was asked: "The BGP session between PE-1 and PE-3 is down". */
  answer?: string;
  /** Whether the loss that was said to be acceptable is kept: "the 1 % that is acceptable is kept". */
  tolerated?: string;
  suspects: string[];
  untrusted: string[];
  probes: number;
}

/** Which cause is likeliest behind what was seen? Every text is code's; places are placeholders. */
export interface CausesQuestion {
  /** In the language of our own models, and for any other; of the latter the first piece is the same for every report. */
  prompt: { own: string; plain: readonly string[] };
  causes: readonly { own: string; plain: string }[];
}

/** Of each cause its share, 0..1, together 1; or why there is none. `model`: name and hash. */
export type CausesOpinion = { model: string } & ({ shares: readonly number[] } | { why: string });

/** How is this conclusion said in a sentence? Names and numbers are slots; `prompt` is in the language of our own models. */
export interface SentenceQuestion {
  prompt: string;
  about: Sayable;
}

/** The words of the sentence, slots among them, that may be used as they are; or why there are none. `model`: name and hash. */
export type WordedSentence = { model: string } & ({ template: readonly string[] } | { why: string });

export interface LanguageModel {
  /** Named in the report as `reasoner`. */
  readonly name: string;
  /**
   * Resolves with the intent that an operator's text means, as JSON and nothing else; several at once where asked for:
   * {kind: "path-loss", head, tail, via} and what else is wished for (docs/intent.md), {kind: "bgp-session", head, neighbor}
   * where head may be absent, {kind: "reachability", head, tail, via},
   * {kind: "path-mtu", head, tail, via, sizeBytes} where sizeBytes may be absent,
   * {kind: "path-latency", head, tail, via, count} where count may be absent,
   * {kind: "device-status", head, metrics} with metrics of "cpu", "memory" and "interface", or {kind: "unsupported", reason}.
   * Rejects with the signal's reason when that aborts before.
   */
  complete(text: string, options: { signal: AbortSignal }): Promise<string>;
  /**
   * A second opinion beside the correlation's, which decides nothing. Absent where the model ranks nothing. Rejects with the
   * signal's reason alone.
   */
  rank?(question: CausesQuestion, options: { signal: AbortSignal }): Promise<CausesOpinion>;
  /**
   * Words what was concluded; code fills the slots, and reads the sentence again before it is used. Absent where the rules word
   * everything; undefined of a model that was not made for it. Rejects with the signal's reason alone.
   */
  say?(question: SentenceQuestion, options: { signal: AbortSignal }): Promise<WordedSentence | undefined>;
  /**
   * Another one for a single intent: its name tells, once everything was asked, who really answered. Absent where that is
   * always the same.
   */
  open?(intent: { names: readonly string[]; observe: (exchange: ModelExchange) => void }): LanguageModel;
}

/** What a model of weights was asked and said, for the audit trail. */
export interface ModelExchange {
  task: 'intent' | 'causes' | 'sentence';
  /** Name and hash of the model. */
  model: string;
  /**
   * As the model saw it, its chat template included: placeholders in place of names and numbers. In the language of our own
   * models where it was never shown it.
   */
  prompt: string;
  /** Absent where it gave none. */
  completion?: string;
  /** Whether its answer was used. */
  isUsed: boolean;
  /** Why not. */
  why?: string;
  durationMs: number;
}
