// SPDX-License-Identifier: Apache-2.0
// A template as text and actions, and an action as words.
import { PlainError } from '../usage-error.js';

export type Token =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly words: readonly Word[]; readonly source: string };

export type Word =
  | { readonly kind: 'field'; readonly path: readonly string[] }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'value'; readonly value: string | number | boolean }
  | { readonly kind: 'mark'; readonly mark: '|' | '(' | ')' };

const WORD =
  /\s+|(?<field>\.(?:[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)?)|(?<name>[A-Za-z]\w*)|(?<number>-?\d+(?:\.\d+)?)|(?<text>"(?:[^"\\]|\\.)*")|(?<raw>`[^`]*`)|(?<mark>[|()])/sy;

export function templateError(message: string): PlainError {
  return new PlainError(`--format: ${message}`, 1);
}

export function readTokens(template: string): Token[] {
  const tokens: Token[] = [];
  let rest = template;
  for (let at = rest.indexOf('{{'); at >= 0; at = rest.indexOf('{{')) {
    const end = rest.indexOf('}}', at);
    if (end < 0) throw templateError(`no }} for the {{ in ${JSON.stringify(rest.slice(at))}`);
    tokens.push({ kind: 'text', text: rest.slice(0, at) });
    const source = rest.slice(at + 2, end);
    // {{- and -}} take the white space around the action away.
    const inner = source.replace(/^-(?=\s)/, '').replace(/(?<=\s)-$/, '');
    if (/^-\s/.test(source)) trimLast(tokens);
    tokens.push({ kind: 'action', words: readWords(inner), source: source.trim() });
    rest = rest.slice(end + 2);
    if (/\s-$/.test(source)) rest = rest.trimStart();
  }
  tokens.push({ kind: 'text', text: rest });
  return tokens;
}

function trimLast(tokens: Token[]): void {
  const last = tokens.pop();
  if (last?.kind === 'text') tokens.push({ kind: 'text', text: last.text.trimEnd() });
}

function readWords(source: string): Word[] {
  const words: Word[] = [];
  WORD.lastIndex = 0;
  while (WORD.lastIndex < source.length) {
    const from = WORD.lastIndex;
    const match = WORD.exec(source);
    if (match === null) {
      throw templateError(`cannot read ${JSON.stringify(source.slice(from))} in {{${source}}}`);
    }
    const word = wordOf(match.groups ?? {});
    if (word !== undefined) words.push(word);
  }
  return words;
}

function wordOf(found: Record<string, string | undefined>): Word | undefined {
  const { field, name, number, text, raw, mark } = found;
  if (field !== undefined) return { kind: 'field', path: field.split('.').filter(Boolean) };
  if (name === 'true' || name === 'false') return { kind: 'value', value: name === 'true' };
  if (name !== undefined) return { kind: 'name', name };
  if (number !== undefined) return { kind: 'value', value: Number(number) };
  if (text !== undefined) return { kind: 'value', value: unquote(text) };
  if (raw !== undefined) return { kind: 'value', value: raw.slice(1, -1) };
  return mark === undefined ? undefined : { kind: 'mark', mark: mark as '|' };
}

function unquote(text: string): string {
  try {
    return JSON.parse(text) as string;
  } catch {
    throw templateError(`${text} is not a text with the escapes of JSON`);
  }
}
