/**
 * Machines for docs/deploy.md: three routers and an operator's machine, each a network namespace and a view of the file
 * system of its own, so that the page's absolute paths touch nothing of the machine that the test runs on.
 *
 *   operator [mgmt0: a bridge] ==== [mgmt0] each router       PE-1 [pe1-p2]====[p2-pe1] P-2 [p2-pe3]====[pe3-p2] PE-3
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../support/source.ts';
import {
  namespaceOf,
  namespacesOf,
  removeAbandoned,
  removeNamespace,
  workDirectoryStart,
} from './deploy-leftovers.ts';
import { writeStandIns } from './deploy-stand-ins.ts';
import { Unit } from './deploy-unit.ts';

const overlaid = ['/etc', '/root', '/run', '/usr/local', '/var/lib'];
const stopMsMax = 15_000;
const outputBytesMax = 4 * 1024 * 1024;

const managementAddresses: Record<string, string> = {
  operator: '2001:db8:ff::a',
  'PE-1': '2001:db8:ff::1',
  'P-2': '2001:db8:ff::2',
  'PE-3': '2001:db8:ff::3',
};
const cables = [
  ['PE-1', 'pe1-p2', 'P-2', 'p2-pe1'],
  ['P-2', 'p2-pe3', 'PE-3', 'pe3-p2'],
] as const;

export class Machines implements AsyncDisposable {
  readonly operator: Machine;
  readonly routers: readonly Machine[];
  readonly #directory: string;

  private constructor(directory: string, machines: readonly Machine[]) {
    const [operator, ...routers] = machines;
    if (operator === undefined) throw new Error('There is no operator.');
    this.#directory = directory;
    this.operator = operator;
    this.routers = routers;
  }

  static async open(): Promise<Machines> {
    removeAbandoned();
    const directory = mkdtempSync(workDirectoryStart);
    const machines: Machine[] = [];
    try {
      writeStandIns(join(directory, 'bin'));
      for (const name of Object.keys(managementAddresses)) machines.push(await Machine.open(name, directory));
      connect(machines);
      for (const [name, address] of Object.entries(managementAddresses)) {
        const pid = machines.find((machine) => machine.name === name)?.pid;
        writeFileSync(join(directory, 'bin', `${address}.pid`), `${pid}\n`);
      }
      return new Machines(directory, machines);
    } catch (error) {
      await closeAll(directory, machines);
      throw error;
    }
  }

  router(name: string): Machine {
    const machine = this.routers.find((one) => one.name === name);
    if (machine === undefined) throw new Error(`There is no router ${name}.`);
    return machine;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeAll(this.#directory, [this.operator, ...this.routers]);
  }
}

/** What one block of the page did. */
export interface Ran {
  status: number;
  output: string;
  errors: string;
}

export class Machine {
  readonly name: string;
  readonly namespace: string;
  readonly directory: string;
  readonly #holder: ChildProcess;
  readonly #shell: ChildProcess;
  #shellOutput = '';
  #blocks = 0;
  #service: ChildProcess | undefined;
  #daemon: ChildProcess | undefined;

  private constructor(name: string, namespace: string, directory: string, holder: ChildProcess) {
    this.name = name;
    this.namespace = namespace;
    this.directory = directory;
    this.#holder = holder;
    this.#shell = this.#spawn(['bash'], 'pipe');
    this.#shell.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#shellOutput = (this.#shellOutput + text).slice(-outputBytesMax);
    });
  }

  static async open(name: string, work: string): Promise<Machine> {
    const namespace = namespaceOf(name);
    const directory = join(work, name);
    for (const part of ['opt', 'tmp', 'out', 'mnt']) mkdirSync(join(directory, part), { recursive: true });
    for (const file of ['systemctl.log', 'journal.log']) writeFileSync(join(directory, 'out', file), '');
    execFileSync('ip', ['netns', 'add', namespace]);
    const script = viewScript(directory, join(work, 'bin'));
    const holder = spawn(
      'ip',
      ['netns', 'exec', namespace, 'unshare', '--mount', '--propagation', 'private', 'sh', '-ec', script],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    const [line] = await Promise.race([
      once(holder.stdout, 'data'),
      once(holder, 'exit').then(() => Promise.reject(new Error(`${name} has no view of the file system.`))),
    ]);
    if (String(line).trim() !== 'ready') throw new Error(`${name} said "${line}".`);
    return new Machine(name, namespace, directory, holder);
  }

  /** Of the process that holds the machine's namespaces. */
  get pid(): number {
    return this.#holder.pid ?? -1;
  }

  /** Runs a block in the machine's one root shell, whose variables stay; the first command that fails ends the block. */
  async run(text: string): Promise<Ran> {
    const id = ++this.#blocks;
    const done = `block ${id} ended`;
    const errors = join(this.directory, 'out', `block-${id}.errors`);
    this.#shellOutput = '';
    // Variables that a block sets stay, for braces are no subshell; each line is a command of its own, joined by set -e.
    const script = `{ set -e\n${text}set +e\n} </dev/null 2>/run/out/block-${id}.errors\nprintf '\\n${done}\\n'\n`;
    this.#shell.stdin?.write(script);
    for (;;) {
      const end = this.#shellOutput.indexOf(done);
      if (end >= 0) return this.#ran(0, this.#shellOutput.slice(0, end).trim(), errors);
      if (this.#shell.exitCode !== null)
        return this.#ran(this.#shell.exitCode, this.#shellOutput.trim(), errors);
      await sleep(20);
    }
  }

  #ran(status: number, output: string, errorsFile: string): Ran {
    return { status, output, errors: existsSync(errorsFile) ? readFileSync(errorsFile, 'utf8').trim() : '' };
  }

  /** A file of the machine. */
  file(path: string): string {
    return `/proc/${this.pid}/root${path}`;
  }

  /** What the page's block told systemd since the last call, done. */
  async obey(): Promise<void> {
    const log = join(this.directory, 'out/systemctl.log');
    const commands = readFileSync(log, 'utf8').trim().split('\n').filter(Boolean);
    writeFileSync(log, '');
    for (const command of commands) {
      if (command === 'enable --now confer-agent.service') this.#start();
      else if (command === 'disable --now confer-agent.service') await this.stop();
      else if (command === 'restart confer-agent.service') {
        await this.stop();
        this.#start();
      } else if (command !== 'daemon-reload') throw new Error(`systemctl ${command}: what does it do?`);
    }
  }

  /** The unit and its drop-ins, as the page installed them. */
  unit(): Unit {
    const file = this.file('/etc/systemd/system/confer-agent.service');
    const dropIns = existsSync(`${file}.d`) ? readdirSync(`${file}.d`).sort() : [];
    return new Unit(
      ...[file, ...dropIns.map((name) => `${file}.d/${name}`)].map((one) => readFileSync(one, 'utf8')),
    );
  }

  #start(): void {
    const journal = openSync(join(this.directory, 'out/journal.log'), 'a');
    this.#service = this.#spawn(
      ['unshare', '--mount', '--propagation', 'private', 'sh', '-ec', this.unit().startScript()],
      journal,
    );
  }

  /** As systemd stops a service. Returns its exit status; throws where it does not end. */
  async stop(): Promise<number | null> {
    const service = this.#service;
    if (service === undefined) return null;
    this.#service = undefined;
    service.kill('SIGTERM');
    const late = setTimeout(() => service.kill('SIGKILL'), stopMsMax);
    if (service.exitCode === null && service.signalCode === null) await once(service, 'exit');
    clearTimeout(late);
    if (service.signalCode !== null)
      throw new Error(`${this.name}: SIGTERM did not stop the agent in order: ${service.signalCode}.`);
    return service.exitCode;
  }

  get servicePid(): number {
    return this.#service?.pid ?? -1;
  }

  get serviceRuns(): boolean {
    return (
      this.#service !== undefined && this.#service.exitCode === null && this.#service.signalCode === null
    );
  }

  journal(): string {
    return readFileSync(join(this.directory, 'out/journal.log'), 'utf8');
  }

  /** Log lines of the agent that is running now. */
  logged(message: string): Record<string, unknown>[] {
    const lines = this.journal().split('\n');
    const start = lines.findLastIndex((line) => line.includes('"message":"serving"'));
    return lines.slice(Math.max(0, start)).flatMap((line) => {
      if (!line.startsWith('{')) return [];
      const record = JSON.parse(line) as Record<string, unknown>;
      return record.message === message ? [record] : [];
    });
  }

  /** Whether the service that runs now has said that it serves; before that the journal tells of the one before it. */
  get serves(): boolean {
    const lines = this.journal().split('\n');
    const last = (message: string) => lines.findLastIndex((line) => line.includes(`"message":"${message}"`));
    return last('serving') > last('stopping');
  }

  /** A daemon of the machine that the page takes for granted. */
  startDaemon(...command: string[]): void {
    this.#daemon = this.#spawn(command, 'ignore');
  }

  async stopDaemon(): Promise<void> {
    const daemon = this.#daemon;
    this.#daemon = undefined;
    if (daemon === undefined || daemon.exitCode !== null) return;
    daemon.kill('SIGTERM');
    await once(daemon, 'exit');
  }

  async close(): Promise<void> {
    for (const child of [this.#service, this.#daemon, this.#shell, this.#holder]) {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    removeNamespace(this.namespace);
  }

  #spawn(command: readonly string[], output: 'pipe' | 'ignore' | number): ChildProcess {
    const enter = ['--target', String(this.pid), '--net', '--mount', '--'];
    const path = `/run/stand-ins:${process.env.PATH?.includes('/sbin') ? '' : '/usr/sbin:/sbin:'}${process.env.PATH}`;
    return spawn('nsenter', [...enter, ...command], {
      stdio: [output === 'pipe' ? 'pipe' : 'ignore', output, output === 'pipe' ? 'inherit' : output],
      cwd: '/',
      env: { PATH: path, HOME: '/root', LC_ALL: 'C', ...npmEnvironment() },
    });
  }
}

/** npm's own settings of this machine, such as a registry; nothing else of ours reaches the machines. */
function npmEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('npm_config_')));
}

/** The machine's own /opt and /tmp, its own changes over everybody's /etc and so on, and the checkout, read-only. */
function viewScript(directory: string, standIns: string): string {
  const overlays = overlaid.map((path) => {
    const own = `${directory}/mnt${path}`;
    return `mkdir -p ${own}/upper ${own}/work
mount -t overlay overlay -o lowerdir=${path},upperdir=${own}/upper,workdir=${own}/work ${path}`;
  });
  return `mount -t tmpfs tmpfs ${directory}/mnt
exec 3<${root}
${overlays.join('\n')}
mkdir -p /run/stand-ins /run/out /root/confer
mount --bind ${standIns} /run/stand-ins
mount --bind ${directory}/out /run/out
mount --bind /proc/self/fd/3 /root/confer
mount -o remount,bind,ro /root/confer
exec 3<&-
mount --bind ${directory}/opt /opt
mount --bind ${directory}/tmp /tmp
ip link set lo up
echo ready
exec cat
`;
}

/** Links between the machines as they are before the page begins: cables, and addresses of the management network. */
function connect(machines: readonly Machine[]): void {
  const named = (name: string) => machines.find((machine) => machine.name === name)?.namespace ?? '';
  const commands = cables.map(
    ([one, link, other, back]) =>
      `link add ${link} netns ${named(one)} type veth peer ${back} netns ${named(other)}`,
  );
  ip(commands);
  const operator = named('operator');
  ip(['link add mgmt0 type bridge', 'link set mgmt0 up'], operator);
  for (const [name, address] of Object.entries(managementAddresses)) {
    if (name !== 'operator') {
      const port = `to-${name.toLowerCase()}`;
      ip(
        [`link add ${port} type veth peer mgmt0 netns ${named(name)}`, `link set ${port} master mgmt0 up`],
        operator,
      );
    }
    ip(['link set mgmt0 up', `address add ${address}/64 dev mgmt0 nodad`], named(name));
  }
}

function ip(commands: readonly string[], namespace?: string): void {
  const args = [...(namespace === undefined ? [] : ['-netns', namespace]), '-batch', '-'];
  execFileSync('ip', args, { input: `${commands.join('\n')}\n`, stdio: ['pipe', 'ignore', 'inherit'] });
}

async function closeAll(directory: string, machines: readonly Machine[]): Promise<void> {
  for (const machine of machines) await machine.close();
  for (const name of namespacesOf(process.pid)) removeNamespace(name);
  rmSync(directory, { recursive: true, force: true });
}
