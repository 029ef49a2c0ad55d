/** The kinds of intents in the model's language, and the fields that each has. */
import type { NumberSaid } from './tagging.ts';

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

/** The number as a value of the field; undefined where it cannot be one. */
export function numberAs(type: FieldType, said: NumberSaid | undefined): number | undefined {
  if (said === undefined) return undefined;
  const { value, unit } = said;
  const isWhole = Number.isInteger(value) && value >= 0;
  switch (type) {
    case 'count':
      return isWhole && value > 0 && value <= 1_000_000 && (unit === undefined || unit === 'count')
        ? value
        : undefined;
    case 'percent':
      return value >= 0 && value <= 100 && (unit === undefined || unit === '%') ? value : undefined;
    case 'dscp':
      return isWhole && value <= 63 && (unit === undefined || unit === 'dscp') ? value : undefined;
    case 'bytes':
      return isWhole && value > 0 && value <= 65_535 && (unit === undefined || unit === 'bytes')
        ? value
        : undefined;
    default:
      return undefined;
  }
}
