import type { Log } from '../core/ports.ts';

/**
 * One JSON object a line on stderr: journald keeps it, and nothing else may write there. A log that cannot be written, to
 * a full disk or to nobody, stops no agent: what must not get lost is in the audit trail.
 */
export function createStderrLog(node: string): Log {
  process.stderr.on('error', () => {});
  const write = (level: string, message: string, fields: object = {}) => {
    const head = { time: new Date().toISOString(), level, node, message };
    // Ours first, for the eye, and last, so that no field of a caller passes for one of them.
    process.stderr.write(`${JSON.stringify({ ...head, ...fields, ...head })}\n`);
  };
  return {
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
  };
}
