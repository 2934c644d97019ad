// SPDX-License-Identifier: Apache-2.0
// The part of Go's templates that command lines use: fields, pipes, functions,
// `if`, `range` and `with`.
import { FUNCTIONS, isTrue, printed } from './template-functions.js';
import { readTokens, type Token, templateError, type Word } from './template-lexer.js';

type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly words: readonly Word[] }
  | {
      readonly kind: 'if' | 'range' | 'with';
      readonly words: readonly Word[];
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    };

/** A template that was read. */
export class Template {
  readonly #nodes: readonly Node[];

  /** @throws PlainError that says what cannot be read. */
  constructor(source: string) {
    this.#nodes = new Reader(readTokens(source)).all();
  }

  /** @throws PlainError for a field that `data` does not have, or a wrong use of a function. */
  render(data: unknown): string {
    return renderAll(this.#nodes, data);
  }
}

class Reader {
  readonly #tokens: Token[];

  constructor(tokens: Token[]) {
    this.#tokens = tokens;
  }

  all(): Node[] {
    const { nodes, end } = this.#until();
    if (end !== undefined) throw templateError(`{{${end}}} without its beginning`);
    return nodes;
  }

  // Up to an `end` or `else` of somebody else, or the end of the template.
  #until(): { nodes: Node[]; end?: string } {
    const nodes: Node[] = [];
    for (let token = this.#tokens.shift(); token !== undefined; token = this.#tokens.shift()) {
      if (token.kind === 'text') {
        nodes.push(token);
        continue;
      }
      const [first, ...rest] = token.words;
      const word = first?.kind === 'name' ? first.name : '';
      if (word === 'end' || word === 'else') return { nodes, end: word };
      nodes.push(this.#node(word, token, rest));
    }
    return { nodes };
  }

  #node(word: string, token: Token & { kind: 'action' }, rest: readonly Word[]): Node {
    if (word === 'if' || word === 'range' || word === 'with') {
      return { kind: word, words: rest, ...this.#blocks(token.source) };
    }
    if (token.words.length === 0) throw templateError('{{}} is empty');
    return { kind: 'print', words: token.words };
  }

  #blocks(source: string): { body: Node[]; otherwise: Node[] } {
    const body = this.#until();
    const otherwise = body.end === 'else' ? this.#until() : { nodes: [], end: body.end };
    if (otherwise.end !== 'end') throw templateError(`no {{end}} for {{${source}}}`);
    return { body: body.nodes, otherwise: otherwise.nodes };
  }
}

function renderAll(nodes: readonly Node[], data: unknown): string {
  return nodes.map((node) => render(node, data)).join('');
}

function render(node: Node, data: unknown): string {
  if (node.kind === 'text') return node.text;
  const value = evaluate(node.words, data);
  if (node.kind === 'print') return printed(value);
  if (!isTrue(value)) return renderAll(node.otherwise, data);
  if (node.kind === 'if') return renderAll(node.body, data);
  if (node.kind === 'with') return renderAll(node.body, value);
  if (typeof value !== 'object') throw templateError(`range needs a list, not ${printed(value)}`);
  return Object.values(value ?? {})
    .map((item) => renderAll(node.body, item))
    .join('');
}

// A pipe hands each result on as the last argument of the next command.
function evaluate(words: readonly Word[], data: unknown): unknown {
  let value: unknown;
  let piped: unknown[] = [];
  for (const command of splitPipes(words)) {
    value = evaluateCommand(command, piped, data);
    piped = [value];
  }
  return value;
}

function splitPipes(words: readonly Word[]): Word[][] {
  const commands: Word[][] = [[]];
  let depth = 0;
  for (const word of words) {
    if (word.kind === 'mark') depth += word.mark === '(' ? 1 : word.mark === ')' ? -1 : 0;
    if (word.kind === 'mark' && word.mark === '|' && depth === 0) commands.push([]);
    else commands.at(-1)?.push(word);
  }
  return commands;
}

function evaluateCommand(
  words: readonly Word[],
  piped: readonly unknown[],
  data: unknown,
): unknown {
  const [first, ...rest] = words;
  if (first === undefined) throw templateError('a | has nothing on one of its sides');
  if (first.kind !== 'name') {
    const [value, ...more] = operands(words, data);
    if (more.length + piped.length > 0) throw templateError(`${printed(value)} is not a function`);
    return value;
  }
  const call = Object.hasOwn(FUNCTIONS, first.name) ? FUNCTIONS[first.name] : undefined;
  if (call === undefined) {
    const known = Object.keys(FUNCTIONS).sort().join(', ');
    throw templateError(`no function ${first.name} (hint: there are ${known})`);
  }
  const args = [...operands(rest, data), ...piped];
  if (args.length === 0) throw templateError(`${first.name} needs a value`);
  return call(args, first.name);
}

function operands(words: readonly Word[], data: unknown): unknown[] {
  const values: unknown[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (word?.kind === 'value') values.push(word.value);
    else if (word?.kind === 'field') values.push(fieldOf(data, word.path));
    else if (word?.kind === 'mark' && word.mark === '(') {
      const end = closing(words, at);
      values.push(evaluate(words.slice(at + 1, end), data));
      at = end;
    } else throw templateError(`${wordText(word)} is not expected there`);
  }
  return values;
}

function closing(words: readonly Word[], from: number): number {
  let depth = 0;
  for (let at = from; at < words.length; at++) {
    const word = words[at];
    if (word?.kind === 'mark' && word.mark === '(') depth++;
    if (word?.kind === 'mark' && word.mark === ')' && --depth === 0) return at;
  }
  throw templateError('no ) for a (');
}

function wordText(word: Word | undefined): string {
  if (word?.kind === 'name') return word.name;
  return word?.kind === 'mark' ? word.mark : 'this';
}

function fieldOf(data: unknown, path: readonly string[]): unknown {
  let value = data;
  for (const name of path) {
    if (typeof value !== 'object' || value === null) {
      throw templateError(`no field .${name} in ${printed(value)}`);
    }
    if (!Object.hasOwn(value, name)) {
      const known = Object.keys(value).map((key) => `.${key}`);
      const hint = known.length === 0 ? 'it is empty' : `there are ${known.join(' ')}`;
      throw templateError(`no field .${name} (hint: ${hint})`);
    }
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}
