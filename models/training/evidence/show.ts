/** Prints what a model would see of played cases: `node models/training/evidence/show.ts PLAYED.jsonl.gz [INDEX]`. */
import { possibleCauses } from '../../../src/collaboration/ranking/causes.ts';
import { shownCause, shownPrompt } from '../../../src/collaboration/ranking/shown.ts';
import { signsOf } from '../../../src/collaboration/ranking/signs.ts';
import { inputOf, readPlayed } from './played.ts';

const [file = '', index] = process.argv.slice(2);
for await (const played of readPlayed(file)) {
  if (index !== undefined && played.index !== Number(index)) continue;
  const { report, truths, missing } = played;
  const signs = signsOf(inputOf(report));
  const prompt = shownPrompt(signs);
  console.log(
    `## ${played.index} ${played.shape} ${played.tier}: ${JSON.stringify(truths)} ${JSON.stringify(missing)}`,
  );
  console.log(`${report.verdict}: ${report.hypothesis}`);
  console.log(prompt.plain[1]);
  for (const cause of possibleCauses(signs))
    console.log(
      `  ${cause.isShown ? '*' : ' '} ${shownCause(cause, prompt)?.own} ${JSON.stringify(cause.element ?? {})}`,
    );
}
