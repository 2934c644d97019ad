// SPDX-License-Identifier: Apache-2.0
// Groups as text: one line a participant, medians and the ratios to ours.
import { type Bar, type Group, ratio } from './result.js';

const OURS = 'slipway';
const HEAD = ['', 'p50', 'p90', 'min', 'n', 'cpu ms', 'slipway is'];

export function formatNumber(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function comparison(group: Group, { name }: Bar): string {
  const times = ratio(group, OURS, name);
  if (times === undefined || name === OURS) return '';
  const isTime = group.better === 'less';
  return `${formatNumber(isTime ? times : 1 / times)} x ${isTime ? 'as long' : 'as many'}`;
}

function cells(group: Group, bar: Bar): string[] {
  const { p50, p90, min, count } = bar.summary;
  const cpu = bar.cpuMs === undefined ? '' : formatNumber(bar.cpuMs);
  return [bar.name, ...[p50, p90, min].map(formatNumber), `${count}`, cpu, comparison(group, bar)];
}

function align(rows: readonly string[][]): string[] {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}

export function formatGroup(group: Group): string {
  const lines = align([HEAD, ...group.bars.map((bar) => cells(group, bar))]);
  const notes = group.bars.filter(({ notes: list }) => list.length > 0);
  return [
    `${group.scenario}  ${group.title} (${group.unit}, ${group.better} is better)`,
    ...lines.map((line) => `  ${line}`),
    ...notes.map(({ name, notes: list }) => `  ${name}: ${list.join('; ')}`),
    '',
  ].join('\n');
}
