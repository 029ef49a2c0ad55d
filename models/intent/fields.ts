/** The kinds of intents in the model's language, and the fields that each has. */
import type { NumberSaid } from './prompt-writer.ts';

export const metrics = ['cpu', 'memory', 'interface'] as const;
export type Metric = (typeof metrics)[number];

/** Served ones. */
type Kind = 'path-loss' | 'reachability' | 'path-mtu' | 'path-latency' | 'bgp-session' | 'device-status';

export type FieldType = 'name' | 'names' | 'count' | 'percent' | 'dscp' | 'bytes' | 'flag';
export interface Field {
  token: string;
  /** Of the intent. */
  property: string;
  type: FieldType;
  isRequired?: boolean;
}

export const head: Field = { token: '<|head|>', property: 'head', type: 'name', isRequired: true };
const tail: Field = { token: '<|tail|>', property: 'tail', type: 'name', isRequired: true };
export const via: Field = { token: '<|via|>', property: 'via', type: 'names' };
const count: Field = { token: '<|count|>', property: 'count', type: 'count' };
const lossMax: Field = { token: '<|loss-max|>', property: 'lossMaxPercent', type: 'percent' };
const dscp: Field = { token: '<|dscp|>', property: 'dscp', type: 'dscp' };
const size: Field = { token: '<|size|>', property: 'sizeBytes', type: 'bytes' };

/** In this order, each at most once. */
export const fieldsOf: Record<Kind, readonly Field[]> = {
  'path-loss': [head, tail, via, count, lossMax, dscp, size],
  reachability: [head, tail, via],
  'path-mtu': [head, tail, via, size],
  'path-latency': [head, tail, via, count],
  'bgp-session': [
    { ...head, isRequired: false },
    { token: '<|neighbor|>', property: 'neighbor', type: 'name', isRequired: true },
  ],
  'device-status': [
    head,
    ...metrics.map((metric): Field => ({ token: `<|${metric}|>`, property: metric, type: 'flag' })),
  ],
};

export const endToken = '<|end|>';
export const kinds = Object.keys(fieldsOf) as Kind[];

type NumberType = 'count' | 'percent' | 'dscp' | 'bytes';
/** What a field of the type can be; kinds of intents may allow less. */
export const ranges: Readonly<Record<NumberType, readonly [least: number, most: number]>> = {
  count: [1, 1_000_000],
  percent: [0, 100],
  dscp: [0, 63],
  bytes: [1, 65_535],
};
/** As a number says it. */
const unitOf: Readonly<Record<NumberType, NumberSaid['unit']>> = {
  count: 'count',
  percent: '%',
  dscp: 'dscp',
  bytes: 'bytes',
};

/** The number as a value of the field; undefined where it cannot be one. */
export function numberAs(type: FieldType, said: NumberSaid | undefined): number | undefined {
  if (said === undefined || type === 'name' || type === 'names' || type === 'flag') return undefined;
  const { value, unit } = said;
  const [least, most] = ranges[type];
  const fits = value >= least && value <= most && (type === 'percent' || Number.isInteger(value));
  return fits && (unit === undefined || unit === unitOf[type]) ? value : undefined;
}
