import { execFile } from 'node:child_process';

/** Runs a test file in a process that is no child of this test run, whose reports would not be text. */
export function finished(
  command: string,
  args: readonly string[],
): Promise<{ code: number | null; output: string }> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return new Promise((resolve) => {
    const child = execFile(command, args, { env, maxBuffer: 2 ** 24 }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, output: stdout + stderr }),
    );
  });
}
