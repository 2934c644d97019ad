// SPDX-License-Identifier: Apache-2.0
// node scripts/readme-bench.mjs RESULT.json: puts the medians of a run of
// `npm run bench -- --json RESULT.json` into README.md, between its two marks.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './native.mjs';

const BEGIN = '<!-- bench -->\n';
const END = '<!-- /bench -->';

function format(value) {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

// One table a unit: the groups down, the participants across.
function table(unit, groups) {
  const names = [...new Set(groups.flatMap(({ bars }) => bars.map(({ name }) => name)))];
  const row = ({ scenario, title, bars }) => {
    const cells = names.map((name) => bars.find((bar) => bar.name === name)?.summary.p50);
    return [
      `${scenario}: ${title}`,
      ...cells.map((cell) => (cell === undefined ? '' : format(cell))),
    ];
  };
  const head = [`median, ${unit}`, ...names];
  const lines = [head, head.map((_, index) => (index === 0 ? '---' : '--:')), ...groups.map(row)];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function block({ date, machine, groups }) {
  const units = [...new Set(groups.map(({ unit }) => unit))];
  const tables = units.map((unit) =>
    table(
      unit,
      groups.filter((group) => group.unit === unit),
    ),
  );
  const [kernel] = machine.kernel.match(/^[\d.]+/);
  const memory = Math.round(machine.memoryMiB / 1024);
  const facts = [
    `Linux ${kernel}`,
    `cgroups ${machine.cgroup}`,
    `${machine.cpus} processors (${machine.cpu})`,
    `${memory} GiB`,
    `Node.js ${machine.node}`,
  ];
  return `Measured ${date.slice(0, 10)} (${facts.join(', ')}):\n\n${tables.join('\n\n')}\n`;
}

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: node scripts/readme-bench.mjs RESULT.json');
const path = join(root, 'README.md');
const page = readFileSync(path, 'utf8');
const [before, rest] = page.split(BEGIN);
const after = rest?.split(END)[1];
if (after === undefined) throw new Error(`README.md has no ${BEGIN.trim()} ... ${END}`);
const text = block(JSON.parse(readFileSync(file, 'utf8')));
writeFileSync(path, `${before}${BEGIN}${text}${END}${after}`);
