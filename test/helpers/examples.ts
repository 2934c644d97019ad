// SPDX-License-Identifier: Apache-2.0
// The examples of README.md and docs/: every fenced block of `ts` or `sh`. Words
// after the language say what an example needs (`cgroups`, `root`), as for needs().
// A block of `text` right after an example is what it must print.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Example {
  /** `docs/limits.md:12`. */
  readonly place: string;
  readonly language: 'ts' | 'sh';
  readonly needs: readonly string[];
  readonly code: string;
  /** Undefined where the page does not show it. */
  readonly output?: string;
}

interface Block {
  readonly line: number;
  readonly info: readonly string[];
  readonly code: string;
  /** Whether only white space is between it and the block before. */
  readonly adjoins: boolean;
}

function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let end = 0;
  for (const match of text.matchAll(/^```(\S[^\n]*)\n(.*?)^```$/gms)) {
    const [whole, info = '', code = ''] = match;
    const line = text.slice(0, match.index).split('\n').length;
    const adjoins = text.slice(end, match.index).trim() === '' && blocks.length > 0;
    blocks.push({ line, info: info.trim().split(/\s+/), code, adjoins });
    end = match.index + whole.length;
  }
  return blocks;
}

export function examplesOf(file: string, text: string): Example[] {
  const blocks = blocksOf(text);
  return blocks.flatMap(({ line, info, code }, index) => {
    const [language, ...needs] = info;
    if (language !== 'ts' && language !== 'sh') return [];
    const next = blocks[index + 1];
    const shown = next?.adjoins && next.info[0] === 'text' ? { output: next.code } : {};
    return [{ place: `${file}:${line}`, language, needs, code, ...shown }];
  });
}

/** README.md and the guides; decisions and generated pages have no examples. */
export function pages(): string[] {
  const guides = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
  return ['README.md', ...guides.sort().map((name) => `docs/${name}`)];
}

export function allExamples(): Example[] {
  return pages().flatMap((page) => examplesOf(page, readFileSync(join(root, page), 'utf8')));
}
