// SPDX-License-Identifier: Apache-2.0
// `--change 'ENV A=1'`: instructions of a Dockerfile that set the configuration.
import type { ImageChanges } from '../../image/changes.js';
import { PlainError } from '../usage-error.js';
import { splitWords } from './words.js';

type Changes = { -readonly [Key in keyof ImageChanges]: ImageChanges[Key] };
type Apply = (changes: Changes, rest: string, line: string) => void;

const INSTRUCTIONS: Readonly<Record<string, Apply>> = {
  CMD: (changes, rest, line) => {
    changes.command = readCommand(rest, line);
  },
  ENTRYPOINT: (changes, rest, line) => {
    changes.entrypoint = readCommand(rest, line);
  },
  ENV: (changes, rest, line) => {
    changes.env = { ...(changes.env as Record<string, string>), ...readPairs(rest, line) };
  },
  EXPOSE: (changes, rest) => {
    changes.exposedPorts = [...(changes.exposedPorts ?? []), ...splitWords(rest)];
  },
  LABEL: (changes, rest, line) => {
    changes.labels = { ...(changes.labels as Record<string, string>), ...readPairs(rest, line) };
  },
  USER: (changes, rest) => {
    changes.user = rest;
  },
  VOLUME: (changes, rest, line) => {
    const paths = rest.startsWith('[') ? readList(rest, line) : splitWords(rest);
    changes.volumes = [...(changes.volumes ?? []), ...paths];
  },
  WORKDIR: (changes, rest) => {
    changes.workdir = rest;
  },
};

export function readInstructions(lines: readonly string[]): ImageChanges {
  const changes: Changes = {};
  for (const line of lines) {
    const [, name = '', rest = ''] = /^\s*(\S*)\s*(.*?)\s*$/s.exec(line) ?? [];
    const word = name.toUpperCase();
    const apply = Object.hasOwn(INSTRUCTIONS, word) ? INSTRUCTIONS[word] : undefined;
    if (apply === undefined) {
      throw refused(line, `an instruction from ${Object.keys(INSTRUCTIONS).join(', ')}`);
    }
    if (rest === '') throw refused(line, `${word} with an argument`);
    apply(changes, rest, line);
  }
  return changes;
}

// Without brackets it is a line for the shell.
function readCommand(rest: string, line: string): readonly string[] {
  return rest.startsWith('[') ? readList(rest, line) : ['/bin/sh', '-c', rest];
}

function readList(rest: string, line: string): readonly string[] {
  let value: unknown;
  try {
    value = JSON.parse(rest);
  } catch {
    value = undefined;
  }
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw refused(line, 'a JSON list of texts after the [');
}

// `ENV A=1 B=2`, or the older `ENV A 1` of one variable.
function readPairs(rest: string, line: string): Record<string, string> {
  const old = /^([^\s="']+)\s+(.*)$/s.exec(rest);
  if (old !== null) return { [old[1] ?? '']: old[2] ?? '' };
  return Object.fromEntries(
    splitWords(rest).map((word) => {
      const at = word.indexOf('=');
      if (at <= 0) throw refused(line, "'name=value' words");
      return [word.slice(0, at), word.slice(at + 1)];
    }),
  );
}

function refused(line: string, allowed: string): PlainError {
  return new PlainError(`--change: got ${JSON.stringify(line)}, expected ${allowed}`, 1);
}
