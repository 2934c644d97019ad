// SPDX-License-Identifier: Apache-2.0
// `--filter`: all names must hold, and of one name any value.
import type { Image } from '../../index.js';
import { PlainError } from '../usage-error.js';

type Test = (image: Image, value: string) => boolean;

const TESTS: Readonly<Record<string, Test>> = {
  dangling: (image, value) => (image.tags.length === 0) === readFlag(value),
  label: (image, value) => hasLabel(image.config.Labels ?? {}, value),
  reference: (image, value) => image.tags.some((tag) => isLike(tag, value)),
};

export function filterImages(images: readonly Image[], filters: readonly string[]): Image[] {
  const given = filters.map(readFilter);
  const names = new Set(given.map(({ name }) => name));
  return images.filter((image) =>
    [...names].every((name) =>
      given.some((filter) => filter.name === name && filter.test(image, filter.value)),
    ),
  );
}

function readFilter(text: string): { name: string; value: string; test: Test } {
  const at = text.indexOf('=');
  const name = text.slice(0, Math.max(at, 0));
  const test = Object.hasOwn(TESTS, name) ? TESTS[name] : undefined;
  if (test === undefined) {
    const known = Object.keys(TESTS).join('=, ');
    throw new PlainError(`--filter: got '${text}', expected one of ${known}=`, 1);
  }
  const value = text.slice(at + 1);
  if (name === 'dangling') readFlag(value);
  return { name, value, test };
}

function readFlag(value: string): boolean {
  if (['1', 'true'].includes(value)) return true;
  if (['0', 'false'].includes(value)) return false;
  throw new PlainError(`--filter dangling: got '${value}', expected true or false`, 1);
}

function hasLabel(labels: Readonly<Record<string, string>>, wanted: string): boolean {
  const at = wanted.indexOf('=');
  const name = at < 0 ? wanted : wanted.slice(0, at);
  return Object.hasOwn(labels, name) && (at < 0 || labels[name] === wanted.slice(at + 1));
}

function isLike(tag: string, pattern: string): boolean {
  const glob = globOf(pattern);
  return glob.test(tag) || glob.test(tag.replace(/:[^:/]*$/, ''));
}

// * and ? stay within a part of the path.
function globOf(pattern: string): RegExp {
  const escaped = pattern.replaceAll(/[.+^${}()|\\[\]]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '[^/]*').replaceAll('?', '[^/]')}$`);
}
