// SPDX-License-Identifier: Apache-2.0
// The help texts, made from the tables.
import type { Command, CommandEntry } from './command.js';
import { COMMANDS, commandsOf } from './commands.js';
import { type Flag, isRepeated } from './flags/flag.js';

const NAME = 'slipway';
const TEXT_WIDTH = 56;

export function usageLine(name: string, { usage }: Command): string {
  return `${NAME} ${name} ${usage}`.trimEnd();
}

export function commandHelp(name: string, entry: CommandEntry, command: Command): string {
  const others = [entry.path, ...entry.aliases].map((path) => `${NAME} ${path}`);
  return sections([
    `Usage:  ${usageLine(name, command)}`,
    command.about,
    others.length > 1 && `Aliases:\n  ${others.join(', ')}`,
    command.flags.length > 0 && `Options:\n${flagLines(command.flags)}`,
    `Examples:\n${command.examples.map(exampleLines).join('\n')}`,
    ...(command.notes ?? []),
  ]);
}

export function groupHelp(group: string): string {
  return sections([
    `Usage:  ${NAME} ${group} COMMAND`,
    `Commands:\n${commandLines(commandsOf(group), group)}`,
    `Run '${NAME} ${group} COMMAND --help' for more information on a command.`,
  ]);
}

export function mainHelp(globals: readonly Flag[]): string {
  return sections([
    `Usage:  ${NAME} [OPTIONS] COMMAND`,
    'Linux containers without a daemon. The image "host" is made of the programs of this\nmachine, so that a first container needs no download:\n\n  slipway run --rm host sh -c \'id; hostname\'',
    `Commands:\n${commandLines(COMMANDS)}`,
    `Global Options:\n${flagLines(globals)}`,
    `Run '${NAME} COMMAND --help' for more information on a command.`,
  ]);
}

/** Whether the word begins commands of two words. */
export function isGroup(word: string): boolean {
  return commandsOf(word).length > 0;
}

function sections(parts: readonly (string | false | undefined)[]): string {
  return parts.filter(Boolean).join('\n\n');
}

function exampleLines([line, about]: readonly [string, string]): string {
  return `  # ${about}\n  ${line}`;
}

function commandLines(entries: readonly CommandEntry[], group?: string): string {
  const rows = entries.map(({ path, aliases, about }): [string, string] => {
    const names = [path, ...aliases];
    const own = names.find((name) => group !== undefined && name.startsWith(`${group} `));
    return [own?.slice((group ?? '').length + 1) ?? shortest(names), about];
  });
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, about]) => `  ${name.padEnd(width)}   ${about}`).join('\n');
}

function shortest(names: readonly string[]): string {
  const short = names.find((name) => !name.includes(' '));
  return short ?? names[0] ?? '';
}

function flagLines(flags: readonly Flag[]): string {
  const sorted = [...flags].sort((a, b) => (a.name < b.name ? -1 : 1));
  const rows = sorted.map((flag): [string, string] => [flagColumn(flag), aboutColumn(flag)]);
  const width = Math.max(...rows.map(([left]) => left.length));
  const indent = `\n${' '.repeat(width + 3)}`;
  return rows
    .map(([left, about]) => `${left.padEnd(width)}   ${wrap(about).join(indent)}`)
    .join('\n');
}

function flagColumn(flag: Flag): string {
  const letter = flag.short === undefined ? '    ' : `-${flag.short}, `;
  const type = flag.type === 'bool' ? '' : ` ${flag.type === 'int64' ? 'int' : flag.type}`;
  return `  ${letter}--${flag.name}${type}`;
}

function aboutColumn(flag: Flag): string {
  const { about, absent } = flag;
  if (absent === undefined || isRepeated(flag)) return about;
  return `${about} (default ${typeof absent === 'string' ? JSON.stringify(absent) : absent})`;
}

function wrap(text: string): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + word.length >= TEXT_WIDTH) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}
