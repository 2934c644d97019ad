// SPDX-License-Identifier: Apache-2.0
// A line of a Dockerfile instruction as words, with quotes taken off.
import { PlainError } from '../usage-error.js';

const PIECE =
  /(?<space>\s+)|"(?<double>(?:[^"\\]|\\.)*)"|'(?<single>[^']*)'|\\(?<escaped>.)|(?<plain>[^\s"'\\]+)/sy;

export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  PIECE.lastIndex = 0;
  while (PIECE.lastIndex < text.length) {
    const { groups } = PIECE.exec(text) ?? {};
    if (groups === undefined) throw new PlainError(`a quote in ${text} has no end`, 1);
    if (groups.space !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    const double = groups.double?.replaceAll(/\\(["\\$])/g, '$1');
    word = (word ?? '') + (double ?? groups.single ?? groups.escaped ?? groups.plain ?? '');
  }
  return word === undefined ? words : [...words, word];
}
