/** `confer ask`. */

import { loadIdentity } from '../system/identity.ts';
import { agentUrl, askAgent } from './ask-agent.ts';
import { exitCodes } from './exit-codes.ts';
import { printVerification, writeReport } from './report-files.ts';
import { describeReport } from './report-text.ts';

export async function runAsk(
  text: string,
  options: { agent: string; identity: string; json?: boolean; out?: string },
): Promise<number> {
  const url = agentUrl(options.agent);
  const { report, verification } = await askAgent(text, url, options.identity, ({ message }) => {
    if (message !== undefined) console.error(message);
  });
  if (options.out !== undefined)
    console.error(
      `written: ${writeReport(options.out, report, loadIdentity(options.identity).authorityPem)}`,
    );
  if (options.json) {
    console.log(JSON.stringify({ report, verification }));
  } else {
    console.log(describeReport(report));
    printVerification(verification, console.log);
  }
  return verification.ok ? exitCodes.done : exitCodes.noReport;
}
