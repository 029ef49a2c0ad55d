/** One thread of the arena. */

import type { CaseOutcome } from '../arena/index.ts';
import { type ArenaTask, runTask } from './arena-pool.ts';

export default function run(task: ArenaTask): Promise<CaseOutcome[]> {
  return runTask(task);
}
