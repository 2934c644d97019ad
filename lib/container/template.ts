// SPDX-License-Identifier: Apache-2.0
// A command written as a template, such as exec`ls -l ${dir}`: words split at
// white space, each value one word whatever is in it, lists several. No shell.

import { refuse } from '../check.js';

/** What may stand in a command template. */
export type TemplateValue = string | number | readonly (string | number)[];

export function parseTemplate(
  strings: TemplateStringsArray,
  values: readonly TemplateValue[],
): string[] {
  const words: string[] = [];
  let open = false;
  const append = (text: string) => {
    if (open) words.push((words.pop() ?? '') + text);
    else words.push(text);
    open = true;
  };
  strings.forEach((text, index) => {
    for (const piece of text.split(/(\s+)/)) {
      if (piece === '') continue;
      if (/^\s/.test(piece)) open = false;
      else append(piece);
    }
    if (index >= values.length) return;
    const value: unknown = values[index];
    const list: readonly unknown[] = Array.isArray(value) ? [...(value as unknown[])] : [value];
    list.forEach((item, at) => {
      if (at > 0) open = false;
      append(asWord(item));
    });
  });
  return words;
}

function asWord(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  return refuse('command', value, 'texts, numbers and lists of them between the words');
}
