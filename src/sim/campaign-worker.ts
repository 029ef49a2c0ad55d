/** One thread of a campaign. */
import { type CampaignTask, runTask } from './campaign.ts';
import type { SeedOutcome } from './run-seed.ts';

export default function run(task: CampaignTask): Promise<SeedOutcome[]> {
  return runTask(task);
}
