/** What happens, as it happens: one line for the operator a time. */
export type StepName =
  | 'intent'
  | 'discovery'
  | 'sessions'
  | 'path'
  | 'calls'
  | 'verified'
  | 'correlation'
  | 'report';

export interface ProgressEvent {
  step: StepName;
  text: string;
  /** 0..1 of the whole intent. */
  fraction: number;
}

export type Observer = (event: ProgressEvent) => void;
