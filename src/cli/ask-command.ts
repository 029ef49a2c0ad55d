/** `confer ask`. */

import { ConferError } from '../core/errors.ts';
import type { Progress } from '../core/ports.ts';
import { writableDirectory } from '../system/directories.ts';
import { loadIdentity } from '../system/identity.ts';
import { agentUrl, askAgent } from './ask-agent.ts';
import { exitCodes } from './exit-codes.ts';
import { untilInterrupted } from './interruption.ts';
import { printVerification, writeReport } from './report-files.ts';
import { describeReport } from './report-text.ts';
import { visibleLine } from './visible-text.ts';

export async function runAsk(
  text: string,
  options: { agent: string; identity: string; json?: boolean; out?: string },
): Promise<number> {
  const url = agentUrl(options.agent);
  if (text.trim() === '') throw new ConferError('usage', 'The intent is empty: say what to verify.');
  if (options.out !== undefined) writableDirectory(options.out);
  using stop = untilInterrupted('Interrupted; the intent was taken back.');
  const onProgress = ({ message }: Progress) => {
    if (message !== undefined) console.error(visibleLine(message));
  };
  const asked = askAgent(text, url, options.identity, { signal: stop.signal, onProgress });
  const { report, verification } = await asked.catch((error) => {
    stop.signal.throwIfAborted();
    throw error;
  });
  if (options.out !== undefined) {
    const { authorityPem } = loadIdentity(options.identity);
    console.error(`written: ${await writeReport(options.out, report, authorityPem, console.error)}`);
  }
  if (options.json) {
    console.log(JSON.stringify({ report, verification }));
  } else {
    console.log(describeReport(report));
    printVerification(verification, console.log);
  }
  return verification.ok ? exitCodes.done : exitCodes.noReport;
}
