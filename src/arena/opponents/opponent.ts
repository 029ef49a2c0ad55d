import type { Diagnosis } from '../claims.ts';
import type { ModelName } from '../floor.ts';
import type { Prober } from '../prober.ts';

export interface Opponent {
  name: string;
  /** Where the method is published. */
  source: string;
  /** The floor that its probes are held against. */
  model: ModelName;
  diagnose(prober: Prober): Promise<Diagnosis>;
}
