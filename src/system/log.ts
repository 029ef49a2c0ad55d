import type { Log } from '../core/ports.ts';

/** One JSON object a line on stderr: journald keeps it, and nothing else may write there. */
export function createStderrLog(node: string): Log {
  const write = (level: string, message: string, fields: object = {}) => {
    const time = new Date().toISOString();
    process.stderr.write(`${JSON.stringify({ time, level, node, message, ...fields })}\n`);
  };
  return {
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
  };
}
