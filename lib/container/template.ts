// SPDX-License-Identifier: Apache-2.0
// A command written as a template, such as exec`ls -l ${dir}`: words split at
// white space, each value one word whatever is in it, lists several. No shell.

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
    const value = values[index] as TemplateValue;
    const list = Array.isArray(value) ? (value as readonly (string | number)[]) : [value as string];
    list.forEach((item, at) => {
      if (at > 0) open = false;
      append(String(item));
    });
  });
  return words;
}
