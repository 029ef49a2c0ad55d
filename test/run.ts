/**
 * `npm test`: Biome and tsc, then every test file below test/, each in a process of its own.
 *
 *     npm test                        everything, as CI runs it
 *     npm test -- unit/crypto lab     only test files whose path contains one of these; no Biome, no tsc
 *
 * Files run side by side; those below test/lab share one kernel and run one by one, after the others. Each file has a
 * bounded time. With CONFER_REQUIRE_LAB=1 a skipped test is a failure: CI is root and has everything that the tests need.
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { compose } from 'node:stream';
import { run } from 'node:test';
import { spec, type TestEvent } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import pLimit from 'p-limit';
import { installForeign } from './support/foreign.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** The longest that one file may take before it is ended and counts as failed. */
const fileTimeoutMs = Number(process.env.CONFER_TEST_FILE_TIMEOUT_MS ?? 1_200_000);
const labRequired = process.env.CONFER_REQUIRE_LAB === '1';
const wanted = process.argv.slice(2);

const files = globSync('test/**/*.test.ts', { cwd: root, exclude: ['**/node_modules/**'] })
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort();
if (files.length === 0) {
  console.error(
    `No test file's path contains ${wanted.join(' or ')}; name a part of one, such as unit/crypto.`,
  );
  process.exit(2);
}

const checked = wanted.length > 0 || check();
const total = { tests: 0, suites: 0, pass: 0, fail: 0, cancelled: 0, skipped: 0, todo: 0, duration_ms: 0 };
const skipped: string[] = [];
for await (const text of compose(allEvents(), new spec())) process.stdout.write(text);

const failures = total.fail + total.cancelled;
if (!checked) console.error('npm run check failed: see above.');
if (labRequired && skipped.length > 0)
  console.error(`Skipped although CONFER_REQUIRE_LAB=1:\n  ${skipped.join('\n  ')}`);
if (skipped.some((one) => one.includes(installForeign)))
  console.log(`\nInterop with MCP software of others was skipped; install it with: ${installForeign}`);
console.log(`\n${total.pass} passed, ${failures} failed, ${total.skipped} skipped.`);
process.exitCode = !checked || failures > 0 || (labRequired && skipped.length > 0) ? 1 : 0;

function check(): boolean {
  return spawnSync('npm', ['run', '--silent', 'check'], { cwd: root, stdio: 'inherit' }).status === 0;
}

/** What node's reporter turns into text: the files in order, then one summary of them all. */
async function* allEvents(): AsyncGenerator<TestEvent> {
  const began = performance.now();
  const sideBySide = pLimit(Math.max(2, Math.min(4, availableParallelism())));
  const alone = pLimit(1);
  const isLab = (file: string) => file.startsWith(join('test', 'lab'));
  const others = files.filter((file) => !isLab(file)).map((file) => sideBySide(() => eventsOf(file)));
  for (const events of others) yield* await events;
  for (const file of files.filter(isLab)) yield* await alone(() => eventsOf(file));
  total.duration_ms = Math.round(performance.now() - began);
  for (const [name, count] of Object.entries(total))
    yield {
      type: 'test:diagnostic',
      data: { nesting: 0, message: `${name} ${count}`, level: 'info' },
    } as TestEvent;
}

/** Runs one file to its end, or to the end of its time. */
async function eventsOf(file: string): Promise<TestEvent[]> {
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(new Error(`${file} took longer than ${fileTimeoutMs} ms and was ended.`)),
    fileTimeoutMs,
  );
  const events: TestEvent[] = [];
  try {
    for await (const event of run({ files: [join(root, file)], cwd: root, signal: late.signal })) {
      if (!countedIn(total, event)) events.push(event);
      if (event.type === 'test:pass' && isLacking(event.data.skip))
        skipped.push(`${file}: ${event.data.name} (${event.data.skip})`);
    }
  } finally {
    clearTimeout(timer);
  }
  return events;
}

/** True for a reason to skip that CI must not have. What only happens without root cannot be shown as root. */
function isLacking(skip: string | boolean | undefined): boolean {
  return skip !== undefined && skip !== false && !String(skip).includes('without root');
}

/** True for a line of one run's summary, "pass 12": it is added up, and the summary of all runs replaces it. */
function countedIn(sums: Record<string, number>, event: TestEvent): boolean {
  if (event.type === 'test:summary') return true;
  if (event.type !== 'test:diagnostic' || event.data.nesting !== 0 || event.data.file !== undefined)
    return false;
  const [name = '', count] = event.data.message.split(' ');
  if (sums[name] !== undefined) sums[name] += Number(count);
  return true;
}
