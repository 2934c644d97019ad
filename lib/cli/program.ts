// SPDX-License-Identifier: Apache-2.0
// From the words of a command line to an exit code.

import { nearest } from '../nearest.js';
import type { Call, Command, CommandEntry, Globals } from './command.js';
import { COMMANDS, commandsOf, findCommand, hintForAbsent } from './commands.js';
import type { Flag } from './flags/flag.js';
import { parseFlags } from './flags/parse.js';
import { print, warn } from './output.js';
import { PlainError, UsageError } from './usage-error.js';

const USAGE_CODE = 125;

export const GLOBAL_FLAGS: readonly Flag[] = [
  { name: 'debug', short: 'D', type: 'bool', about: 'Show all that is known of an error' },
  {
    name: 'root',
    type: 'string',
    about:
      'Folder of images and containers (default: $SLIPWAY_ROOT, else /var/lib/slipway or, for ordinary users, $XDG_DATA_HOME/slipway)',
  },
  { name: 'version', short: 'v', type: 'bool', about: 'Show the version and exit' },
];

/** Runs the command line and resolves to the exit code. Fails with nothing. */
export async function runProgram(words: readonly string[]): Promise<number> {
  let line: ReturnType<typeof parseFlags>;
  try {
    line = parseFlags(GLOBAL_FLAGS, words, { interspersed: false });
  } catch (error) {
    return tellUsage(error as UsageError, '[OPTIONS] COMMAND', '');
  }
  const { values, args } = line;
  const root = values.text('root');
  const globals: Globals = { root: root === '' ? undefined : root, debug: values.bool('debug') };
  if (values.bool('version')) return runCommand(['version', '--format', shortVersion], globals);
  if (args[0] === 'help') return showHelp(args.slice(1));
  if (line.help || args.length === 0) return showHelp(args);
  return runCommand(args, globals);
}

const shortVersion = 'Slipway version {{.Version}}';

async function runCommand(args: readonly string[], globals: Globals): Promise<number> {
  const found = findCommand(args);
  if (found === undefined) return withoutCommand(args);
  const { entry, name, words } = found;
  const command = await entry.load();
  try {
    const flags = [...command.flags, ...(command.hidden ?? [])];
    const line = parseFlags(flags, args.slice(words), command);
    if (line.help) return await showCommand(name, entry, command);
    const { help, ...call } = line;
    return await checkAndRun(name, command, { ...call, globals });
  } catch (error) {
    if (error instanceof UsageError) return tellUsage(error, command.usage, name);
    const { tellFailure } = await import('./failure.js');
    return tellFailure(error, name, command, globals);
  }
}

function checkAndRun(name: string, command: Command, call: Call): Promise<number> {
  const { min, max } = command;
  const count = call.args.length;
  if (count >= min && count <= max) return command.run(call);
  const number = count < min ? min : max;
  const how = min === max ? '' : count < min ? 'at least ' : 'at most ';
  const what = `'slipway ${name}' requires ${how}${number} argument${number === 1 ? '' : 's'}`;
  const usage = `Usage:  slipway ${name} ${command.usage}`.trimEnd();
  const see = `See 'slipway ${name} --help' for more information`;
  throw new PlainError(`${what}\n\n${usage}\n\n${see}`, 1);
}

async function showCommand(name: string, entry: CommandEntry, command: Command): Promise<number> {
  const { commandHelp } = await import('./help.js');
  print(commandHelp(name, entry, command));
  return 0;
}

async function showHelp(args: readonly string[]): Promise<number> {
  const found = findCommand(args);
  if (found !== undefined) return showCommand(found.name, found.entry, await found.entry.load());
  if (args.length > 0) return withoutCommand(args);
  const { mainHelp } = await import('./help.js');
  print(mainHelp(GLOBAL_FLAGS));
  return 0;
}

async function withoutCommand(args: readonly string[]): Promise<number> {
  const [first = '', second] = args;
  const { groupHelp, isGroup } = await import('./help.js');
  const group = isGroup(first);
  if (group && (second === undefined || second === '--help' || second === '-h')) {
    print(groupHelp(first));
    return 0;
  }
  const word = group ? (second ?? '') : first;
  const path = group ? `slipway ${first}` : 'slipway';
  const known = names(group ? first : undefined);
  const meant = nearest(word, known);
  const hint = hintForAbsent(word) ?? (meant === undefined ? undefined : `did you mean ${meant}?`);
  warn(`slipway: unknown command: ${path} ${word}${hint === undefined ? '' : ` (hint: ${hint})`}`);
  warn(`\nCommands: ${known.join(', ')}`);
  warn(`\nRun '${path} --help' for more information`);
  return 1;
}

function names(group: string | undefined): string[] {
  const all = (group === undefined ? COMMANDS : commandsOf(group)).flatMap(({ path, aliases }) => [
    path,
    ...aliases,
  ]);
  if (group === undefined) return all.sort();
  const own = all.filter((name) => name.startsWith(`${group} `));
  return own.map((name) => name.slice(group.length + 1)).sort();
}

function tellUsage(error: UsageError, usage: string, name: string): number {
  const path = `slipway ${name}`.trimEnd();
  const isGlobal = GLOBAL_FLAGS.some((flag) => error.message === `unknown flag: --${flag.name}`);
  const hint = isGlobal && name !== '' ? 'it stands before the command' : error.hint;
  warn(`slipway: ${error.message}${hint === undefined ? '' : ` (hint: ${hint})`}\n`);
  warn(`Usage:  ${path} ${usage}\n`);
  warn(`Run '${path} --help' for more information`);
  return USAGE_CODE;
}
