// SPDX-License-Identifier: Apache-2.0
// One line of comma separated values, where `"a,b"` is one value and `""` in it a quote.
import { PlainError } from '../usage-error.js';

export function readCsv(text: string): string[] {
  const fields: string[] = [];
  for (let rest: string | undefined = text; rest !== undefined; ) {
    const taken: Taken = rest.startsWith('"') ? quoted(rest, text) : plain(rest, text);
    fields.push(taken.field);
    rest = taken.after;
  }
  return fields;
}

interface Taken {
  readonly field: string;
  readonly after: string | undefined;
}

function plain(rest: string, text: string): Taken {
  const comma = rest.indexOf(',');
  const field = comma < 0 ? rest : rest.slice(0, comma);
  if (field.includes('"')) throw malformed(text, 'a quote inside a value that has none around it');
  return { field, after: comma < 0 ? undefined : rest.slice(comma + 1) };
}

function quoted(rest: string, text: string): Taken {
  const match = /^"((?:[^"]|"")*)"(?:$|,)/.exec(rest);
  if (match === null) throw malformed(text, 'a quote without its end before the next comma');
  const after = match[0].endsWith(',') ? rest.slice(match[0].length) : undefined;
  return { field: (match[1] ?? '').replaceAll('""', '"'), after };
}

function malformed(text: string, why: string): PlainError {
  return new PlainError(`invalid value ${JSON.stringify(text)}: ${why}`, 125);
}
