/** Numbers and times as people say them. */
import type { Random } from './random.ts';

const words: Record<number, string> = {
  100: 'a hundred',
  200: 'two hundred',
  500: 'five hundred',
  1000: 'a thousand',
  2000: 'two thousand',
  50: 'fifty',
  20: 'twenty',
  10: 'ten',
};

export function countText(count: number, random: Random): string {
  const word = words[count];
  if (word !== undefined && random.chance(0.15)) return word;
  if (count >= 1000 && count % 100 === 0 && random.chance(0.3)) return `${count / 1000}k`;
  if (count >= 1000 && random.chance(0.2)) return thousands(count);
  return String(count);
}

/** "1,500" */
function thousands(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

export function sizeText(size: number, random: Random): string {
  return size >= 1000 && random.chance(0.06) ? thousands(size) : String(size);
}

const fractions: Record<string, string> = {
  '0.5': 'half a percent',
  '1': 'one percent',
  '2': 'two percent',
  '5': 'five percent',
  '10': 'ten percent',
};

export function percentText(percent: number, random: Random): string {
  const word = fractions[String(percent)];
  if (word !== undefined && random.chance(0.1)) return word;
  const digits = random.chance(0.08) ? String(percent).replace('.', ',') : String(percent);
  return `${digits}${random.pick(['%', '%', '%', ' %', ' %', ' percent', ' percent', 'percent', ' pct', ' per cent', ''])}`;
}

export function seen(random: Random): string {
  return random.pick([
    () => `${1 + random.below(60)}%`,
    () => `${1 + random.below(60)} %`,
    () => `${1 + random.below(60)} percent`,
    () => `${random.below(9)}.${1 + random.below(9)}%`,
    () => 'some percent',
    () => 'a few percent',
    () => 'a lot',
    () => 'half',
  ])();
}

/** What is lost of what is sent. */
export function lost(random: Random): string {
  const of = random.pick([10, 20, 50, 100, 200, 300, 500, 1000]);
  const part = 1 + random.below(of - 1);
  return random.pick([
    () => `${part} of ${of} packets`,
    () => `${part} out of ${of} packets`,
    () => `${part} out of ${of} pings`,
    () => `${part} in ${of}`,
    () => `one in ${of} packets`,
    () => `one packet in ${of}`,
    () => `1 of ${of} packets`,
    () => `every ${of}th packet`,
    () => `every tenth packet`,
    () => `every second packet`,
    () => `every other packet`,
    () => `a third of the packets`,
    () => `half of the packets`,
    () => `a quarter of it`,
    () => `${seen(random)} of the packets`,
    () => `${seen(random)} of what is sent`,
    () => `between ${1 + random.below(4)} and ${5 + random.below(9)} percent`,
    () => `${1 + random.below(4)} to ${5 + random.below(9)} %`,
    () => `up to ${seen(random)} of the traffic`,
    () => `more than ${seen(random)} of the probes`,
    () => `nearly everything`,
    () => `most of it`,
    () => `the one or the other packet`,
  ])();
}

export function time(random: Random): string {
  const hour = random.below(24);
  const minute = String(random.below(60)).padStart(2, '0');
  return random.pick([
    () => `${hour}:${minute}`,
    () => `${String(hour).padStart(2, '0')}:${minute}`,
    () => `${hour}:${minute} UTC`,
    () => `${1 + random.below(12)}pm`,
    () => `${1 + random.below(12)} am`,
    () => `2026-11-${10 + random.below(20)}`,
    () => 'yesterday',
    () => 'this morning',
    () => 'last night',
    () => 'monday',
    () => 'noon',
    () => `${1 + random.below(20)} minutes ago`,
    () => 'this afternoon',
    () => 'around noon',
    () => 'tonight',
    () => 'last week',
    () => 'friday',
    () => 'the weekend',
    () => `${hour}h${minute}`,
  ])();
}

export function ticket(random: Random): string {
  const digits = String(10_000 + random.below(900_000));
  return random.pick([
    `INC${digits}`,
    `INC-${digits}`,
    `#${digits}`,
    `CHG${digits}`,
    `TT-${digits}`,
    `case ${digits}`,
    `ticket ${digits}`,
    digits,
  ]);
}
