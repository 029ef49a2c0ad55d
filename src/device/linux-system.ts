/** Processor and memory from /proc (proc_stat(5), proc_meminfo(5)), and what the kernel knows of its clock (adjtimex(2)). */
import { readFile } from 'node:fs/promises';
import type { SystemData } from '../core/device-data.ts';
import { type ClockState, readClockState } from './clock-state.ts';

type System = SystemData['confer-device:system'];

/** USER_HZ of /proc/stat, on every architecture that Linux has today. */
const msPerTick = 10;

/** What cannot be read is left out. */
export async function readSystem(): Promise<SystemData> {
  const text = (file: string) => readFile(file, 'utf8').catch(() => '');
  const [stat, memory, bootId, clock] = await Promise.all([
    text('/proc/stat'),
    text('/proc/meminfo'),
    text('/proc/sys/kernel/random/boot_id'),
    readClockState(),
  ]);
  return systemOf(stat, memory, bootId, clock);
}

export function systemOf(
  stat: string,
  meminfo: string,
  bootId: string,
  clock: ClockState | undefined,
): SystemData {
  const processor = processorOf(stat);
  const memory = memoryOf(meminfo);
  const id = bootId.trim();
  return {
    'confer-device:system': {
      ...(processor !== undefined && { processor }),
      ...(memory !== undefined && { memory }),
      // All network namespaces of one boot read one clock.
      ...(id !== '' && { clock: { id, ...told(clock) } }),
    },
  };
}

function told(clock: ClockState | undefined) {
  if (clock === undefined || !clock.synchronised) return { synchronised: false };
  return { synchronised: true, 'maximum-error-us': clock.maximumErrorUs };
}

/** "cpu  user nice system idle iowait irq softirq steal guest guest_nice": guests are in user and nice already. */
function processorOf(stat: string): System['processor'] {
  const numbers = /^cpu\s+([\d ]+)$/m.exec(stat)?.[1]?.trim().split(/\s+/).map(Number);
  if (numbers === undefined || numbers.length < 4) return undefined;
  const [
    user = 0,
    nice = 0,
    system = 0,
    idle = 0,
    ioWait = 0,
    interrupts = 0,
    softInterrupts = 0,
    stolen = 0,
  ] = numbers;
  const ms = (ticks: number) => String(ticks * msPerTick);
  return {
    'busy-ms': ms(user + nice + system + interrupts + softInterrupts + stolen),
    'idle-ms': ms(idle + ioWait),
  };
}

function memoryOf(meminfo: string): System['memory'] {
  const of = (name: string) => new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(meminfo)?.[1];
  const [total, available] = [of('MemTotal'), of('MemAvailable')];
  return total === undefined || available === undefined
    ? undefined
    : { 'total-kilobytes': total, 'available-kilobytes': available };
}
