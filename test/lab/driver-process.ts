/**
 * A Linux driver inside a router's namespace, for tests: one JSON request a line on standard input, one JSON answer a
 * line on standard output. Started by router.ts.
 */
import { createInterface } from 'node:readline';
import type { DeviceFacts, Probe, Undo } from '../../src/core/ports.ts';
import { createLinuxDriver, removeLeftovers } from '../../src/device/linux.ts';

export type DriverRequest =
  | { do: 'read'; path: string }
  | { do: 'run'; probe: Probe }
  | { do: 'abort-run'; probe: Probe; afterMs: number }
  | { do: 'apply'; id: string; flowLabels: number[]; capturePacketsMax: number }
  | { do: 'undo'; id: string }
  | { do: 'remove-leftovers' };

const { facts, interfaces } = JSON.parse(process.argv[2] ?? '{}') as {
  facts: DeviceFacts;
  interfaces: string[];
};
const driver = createLinuxDriver({ facts, interfaces });
const undos = new Map<string, Undo>();

for await (const line of createInterface({ input: process.stdin })) {
  const { id, request } = JSON.parse(line) as { id: number; request: DriverRequest };
  answer(request).then(
    (result) => reply({ id, result }),
    (error) => reply({ id, error: { code: error.code, message: error.message } }),
  );
}

function reply(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

async function answer(request: DriverRequest): Promise<unknown> {
  const { signal } = new AbortController();
  switch (request.do) {
    case 'read':
      return driver.read(request.path, signal);
    case 'run': {
      const fractions: number[] = [];
      const onProgress = ({ fraction }: { fraction: number }) => fractions.push(fraction);
      const started = performance.now();
      const result = await driver.run(request.probe, { signal, onProgress });
      return { ...result, fractions, tookMs: performance.now() - started };
    }
    case 'abort-run': {
      const controller = new AbortController();
      setTimeout(() => controller.abort(new Error('aborted by the test')), request.afterMs);
      return driver.run(request.probe, { signal: controller.signal });
    }
    case 'apply': {
      const { id, flowLabels, capturePacketsMax } = request;
      undos.set(id, await driver.apply({ kind: 'count', id, flowLabels, capturePacketsMax }));
      return null;
    }
    case 'undo':
      await undos.get(request.id)?.undo();
      return null;
    case 'remove-leftovers':
      return removeLeftovers();
  }
}
