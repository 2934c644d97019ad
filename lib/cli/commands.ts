// SPDX-License-Identifier: Apache-2.0
// The table of commands.
import type { CommandEntry } from './command.js';

export const COMMANDS: readonly CommandEntry[] = [
  {
    path: 'run',
    aliases: ['container run'],
    about: 'Create and run a new container from an image',
    load: async () => (await import('./commands/run.js')).run,
  },
  {
    path: 'image import',
    aliases: ['import'],
    about: 'Import the contents of a tarball or folder as an image',
    load: async () => (await import('./commands/import.js')).importCommand,
  },
  {
    path: 'image inspect',
    aliases: [],
    about: 'Display detailed information on one or more images',
    load: async () => (await import('./commands/inspect.js')).inspect,
  },
  {
    path: 'image ls',
    aliases: ['images', 'image list'],
    about: 'List images',
    load: async () => (await import('./commands/images.js')).images,
  },
  {
    path: 'image rm',
    aliases: ['rmi', 'image remove'],
    about: 'Remove one or more images',
    load: async () => (await import('./commands/remove.js')).remove,
  },
  {
    path: 'image tag',
    aliases: ['tag'],
    about: 'Create a tag that refers to an image',
    load: async () => (await import('./commands/tag.js')).tag,
  },
  {
    path: 'info',
    aliases: [],
    about: 'Display what this machine offers to containers',
    load: async () => (await import('./commands/info.js')).info,
  },
  {
    path: 'version',
    aliases: [],
    about: 'Show the version',
    load: async () => (await import('./commands/version.js')).version,
  },
];

const LIFETIME = 'containers end with the slipway run that started them';
const NO_REGISTRY = 'images come from slipway import, or are the embedded image host';

// Docker's commands that somebody may try, with what to do instead.
const ABSENT: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      ...['attach', 'commit', 'cp', 'create', 'diff', 'exec', 'export', 'kill', 'logs', 'pause'],
      ...['port', 'ps', 'rename', 'restart', 'rm', 'start', 'stats', 'stop', 'top', 'unpause'],
      ...['update', 'wait', 'inspect', 'ls', 'list', 'prune'],
    ].map((name) => [name, LIFETIME]),
  ),
  ...Object.fromEntries(
    ['pull', 'push', 'search', 'login', 'logout', 'build', 'load', 'save'].map((name) => [
      name,
      NO_REGISTRY,
    ]),
  ),
};

/** The command that the words begin with; `words` is how many of them name it. */
export function findCommand(
  args: readonly string[],
): { entry: CommandEntry; name: string; words: number } | undefined {
  for (const words of [2, 1]) {
    const name = args.slice(0, words).join(' ');
    const entry = COMMANDS.find(({ path, aliases }) => path === name || aliases.includes(name));
    if (entry !== undefined && args.length >= words) return { entry, name, words };
  }
  return undefined;
}

/** The commands below a first word such as `image`. */
export function commandsOf(group: string): readonly CommandEntry[] {
  return COMMANDS.filter(({ path, aliases }) =>
    [path, ...aliases].some((name) => name.startsWith(`${group} `)),
  );
}

/** What to say of a command that is not there. */
export function hintForAbsent(word: string): string | undefined {
  const hint = Object.hasOwn(ABSENT, word) ? ABSENT[word] : undefined;
  return hint === undefined ? undefined : `${word} is not available yet: ${hint}`;
}
