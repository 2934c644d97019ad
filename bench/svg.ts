// SPDX-License-Identifier: Apache-2.0
// Groups as a drawing: horizontal bars of the medians on a logarithmic scale,
// a thin line to the 90th percentile. Follows the reader's light or dark theme.
import type { Bar, Group } from './result.js';
import { formatNumber } from './table.js';

const WIDTH = 860;
const LABEL = 130;
const VALUE = 90;
const ROW = 22;
const HEADING = 34;
const MARGIN = 16;
const PLOT = WIDTH - 2 * MARGIN - LABEL - VALUE;

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; }
  .bar { fill: #8c959f; }
  .ours { fill: #0969da; }
  .limit { fill: #1a7f37; }
  .tail { stroke: #57606a; stroke-width: 1.5; }
  .grid { stroke: #d0d7de; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .bar { fill: #6e7681; }
    .ours { fill: #4493f8; }
    .limit { fill: #3fb950; }
    .tail { stroke: #b1bac4; }
    .grid { stroke: #3d444d; }
  }`;

type Scale = (value: number) => number;

export function escapeXml(text: string): string {
  const names: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (character) => names[character] ?? character);
}

/** The powers of ten that hold all values between them. */
export function decades(values: readonly number[]): [number, number] {
  const positive = values.filter((value) => value > 0);
  if (positive.length === 0) return [0, 1];
  const from = Math.floor(Math.log10(Math.min(...positive)));
  const until = Math.ceil(Math.log10(Math.max(...positive)));
  return [from, Math.max(until, from + 1)];
}

/** Pixels from the left end of the plot; what is not above the first decade lies there. */
export function logScale([from, until]: [number, number], width: number): Scale {
  return (value) => {
    const share = value > 0 ? (Math.log10(value) - from) / (until - from) : 0;
    return Math.min(Math.max(share, 0), 1) * width;
  };
}

function kind({ name }: Bar): string {
  if (name === 'slipway') return 'bar ours';
  return name === 'limit' ? 'bar limit' : 'bar';
}

function drawBar(bar: Bar, scale: Scale, y: number): string {
  const left = MARGIN + LABEL;
  const { p50, p90 } = bar.summary;
  const [end, tail] = [scale(p50), scale(p90)].map((x) => left + x) as [number, number];
  const middle = y + ROW / 2;
  return [
    `<text x="${left - 8}" y="${middle + 4}" text-anchor="end">${escapeXml(bar.name)}</text>`,
    `<rect class="${kind(bar)}" x="${left}" y="${y + 3}" width="${Math.max(end - left, 1).toFixed(1)}" height="${ROW - 6}" rx="2"/>`,
    `<line class="tail" x1="${end.toFixed(1)}" x2="${tail.toFixed(1)}" y1="${middle}" y2="${middle}"/>`,
    `<text x="${(Math.max(end, tail) + 6).toFixed(1)}" y="${middle + 4}">${formatNumber(p50)}</text>`,
  ].join('\n');
}

function drawGrid(
  [from, until]: [number, number],
  scale: Scale,
  y: number,
  height: number,
): string {
  const powers = Array.from({ length: until - from + 1 }, (_, index) => from + index);
  return powers
    .map((power) => (MARGIN + LABEL + scale(10 ** power)).toFixed(1))
    .map((x) => `<line class="grid" x1="${x}" x2="${x}" y1="${y}" y2="${y + height}"/>`)
    .join('\n');
}

function drawGroup(group: Group, y: number): string {
  const range = decades(group.bars.flatMap(({ summary }) => [summary.p50, summary.p90]));
  const scale = logScale(range, PLOT);
  const top = y + HEADING;
  const title = `${group.scenario}  ${group.title} (${group.unit}, ${group.better} is better, log scale)`;
  return [
    `<text class="title" x="${MARGIN}" y="${y + HEADING - 12}">${escapeXml(title)}</text>`,
    drawGrid(range, scale, top, group.bars.length * ROW),
    ...group.bars.map((bar, index) => drawBar(bar, scale, top + index * ROW)),
  ].join('\n');
}

const heightOf = (group: Group) => HEADING + group.bars.length * ROW;

const drawLine = (text: string, y: number) =>
  `<text x="${MARGIN}" y="${y}">${escapeXml(text)}</text>`;

/** `subtitle` may have several lines. */
export function drawSvg(groups: readonly Group[], subtitle: string): string {
  const facts = subtitle.split('\n');
  let y = MARGIN + facts.length * 20;
  const drawn = groups.map((group) => {
    const text = drawGroup(group, y);
    y += heightOf(group);
    return text;
  });
  const height = y + MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<style>${STYLE}\n</style>`,
    ...facts.map((line, index) => drawLine(line, MARGIN + 8 + index * 20)),
    ...drawn,
    '</svg>\n',
  ].join('\n');
}
