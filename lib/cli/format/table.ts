// SPDX-License-Identifier: Apache-2.0
// Lists as Docker prints them: aligned columns, a template, or JSON.
import { Template } from './template.js';

const MIN_WIDTH = 10;
const PADDING = 3;

export type Row = Readonly<Record<string, unknown>>;

/** Title of each field; the rows have the same fields. */
export type Titles = Readonly<Record<string, string>>;

/**
 * `format` is '' for the usual columns, `table`, `json`, a template, or `table` and a template
 * with `\t` between columns.
 */
export function formatRows(
  rows: readonly Row[],
  titles: Titles,
  columns: readonly string[],
  format: string,
): string[] {
  if (format === '' || format === 'table') {
    return align([
      columns.map((name) => titles[name] ?? ''),
      ...rows.map((row) => columns.map((name) => String(row[name]))),
    ]);
  }
  if (format === 'json') return rows.map((row) => JSON.stringify(row));
  // A shell hands \t and \n on as two characters.
  const source = format.replaceAll('\\t', '\t').replaceAll('\\n', '\n');
  const tabled = /^table\s/.test(source);
  const template = new Template(tabled ? source.slice('table'.length).trimStart() : source);
  if (!tabled) return rows.map((row) => template.render(row));
  const head = template.render(titles);
  return align([head, ...rows.map((row) => template.render(row))].map((line) => line.split('\t')));
}

// The last column is as wide as its text.
export function align(lines: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const cells of lines) {
    for (const [index, cell] of cells.slice(0, -1).entries()) {
      widths[index] = Math.max(widths[index] ?? MIN_WIDTH, cell.length + PADDING);
    }
  }
  return lines.map((cells) =>
    cells
      .map((cell, index) => (index < cells.length - 1 ? cell.padEnd(widths[index] ?? 0) : cell))
      .join(''),
  );
}
