/** What the plots of the arena's page share: colours, axes, and where a mark stands. */
import type { Axis, EncodeEntry, Legend, Scale } from 'vega';

/** Colours that are told apart in light and dark, also by who sees few (Okabe and Ito, 2008); Confer's stands out. */
export const colours: Record<string, string> = {
  confer: '#d55e00',
  'confer-first': '#56b4e9',
  'draft-rule': '#999999',
  'every-hop': '#0072b2',
  'binary-search': '#009e73',
  '007': '#cc79a7',
  netbouncer: '#b8a100',
};

export const muted = 'var(--muted)';
export const ink = 'var(--ink)';
export const font = 'inherit';

/** Of every text in a plot. */
export const lettering: EncodeEntry = { font: { value: font }, fontSize: { value: 12 } };

const line = 'var(--line)';

export const axis = (given: Axis): Axis => ({
  grid: true,
  gridColor: line,
  domainColor: line,
  tickColor: line,
  labelColor: muted,
  titleColor: muted,
  labelFont: font,
  titleFont: font,
  titleFontWeight: 'normal',
  titleFontSize: 12,
  labelFontSize: 12,
  ...given,
});

/** Of what is named, not measured. */
export const nameAxis = (given: Axis): Axis => axis({ grid: false, labelColor: ink, ...given });

export const colourScale = (names: readonly string[]): Scale => ({
  name: 'colour',
  type: 'ordinal',
  domain: [...names],
  range: names.map((name) => colours[name] ?? muted),
});

export const ofMethod = { scale: 'colour', field: 'method' };

export const legend: Legend = {
  fill: 'colour',
  labelFont: font,
  labelColor: ink,
  labelFontSize: 12,
  symbolType: 'circle',
  orient: 'top',
  direction: 'horizontal',
};

/** Where a mark stands: both scales are named as their fields are. */
export const at = (x: string, y: string): EncodeEntry => ({
  x: { scale: x, field: x },
  y: { scale: y, field: y },
});
