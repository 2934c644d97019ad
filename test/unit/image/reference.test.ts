// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { InvalidArgumentError } from '../../../lib/errors.js';
import {
  familiarReference,
  formatReference,
  parseReference,
  withDefaultTag,
} from '../../../lib/image/reference.js';

const digits = '0123456789abcdef'.repeat(4);
const digest = `sha256:${digits}`;

// text, full form with defaults, familiar form with defaults
const accepted: [string, string, string][] = [
  ['alpine', 'docker.io/library/alpine:latest', 'alpine:latest'],
  ['alpine:3.20', 'docker.io/library/alpine:3.20', 'alpine:3.20'],
  ['library/alpine', 'docker.io/library/alpine:latest', 'alpine:latest'],
  ['docker.io/alpine', 'docker.io/library/alpine:latest', 'alpine:latest'],
  ['docker.io/library/alpine', 'docker.io/library/alpine:latest', 'alpine:latest'],
  ['index.docker.io/alpine', 'docker.io/library/alpine:latest', 'alpine:latest'],
  ['user/name', 'docker.io/user/name:latest', 'user/name:latest'],
  ['user/name/more:1', 'docker.io/user/name/more:1', 'user/name/more:1'],
  ['docker.io/library/a/b', 'docker.io/library/a/b:latest', 'library/a/b:latest'],
  ['localhost/name', 'localhost/name:latest', 'localhost/name:latest'],
  ['localhost:5000/name', 'localhost:5000/name:latest', 'localhost:5000/name:latest'],
  ['host:5000/a/b:tag', 'host:5000/a/b:tag', 'host:5000/a/b:tag'],
  [`host:5000/a/b:tag@${digest}`, `host:5000/a/b:tag@${digest}`, `host:5000/a/b:tag@${digest}`],
  [`alpine@${digest}`, `docker.io/library/alpine@${digest}`, `alpine@${digest}`],
  ['ghcr.io/owner/name', 'ghcr.io/owner/name:latest', 'ghcr.io/owner/name:latest'],
  ['Upper/name', 'Upper/name:latest', 'Upper/name:latest'],
  ['[::1]:5000/name', '[::1]:5000/name:latest', '[::1]:5000/name:latest'],
  ['a__b/c--d/e.f', 'docker.io/a__b/c--d/e.f:latest', 'a__b/c--d/e.f:latest'],
  ['name:_x.Y-1', 'docker.io/library/name:_x.Y-1', 'name:_x.Y-1'],
  [
    `name:${'t'.repeat(128)}`,
    `docker.io/library/name:${'t'.repeat(128)}`,
    `name:${'t'.repeat(128)}`,
  ],
  ['host:5000', 'docker.io/library/host:5000', 'host:5000'],
  [digits.slice(1), `docker.io/library/${digits.slice(1)}:latest`, `${digits.slice(1)}:latest`],
];

const refused: [string, RegExp][] = [
  ['', /an image reference/],
  ['Alpine', /lower case/],
  ['user/Name', /lower case/],
  [digits, /not 64 hexadecimal/],
  ['alpine:', /a tag/],
  ['alpine:-x', /a tag/],
  [`alpine:${'t'.repeat(129)}`, /a tag/],
  ['alpine@sha256:abc', /a digest/],
  [`alpine@sha256:${digits.toUpperCase()}`, /a digest/],
  [`alpine@md5:${digits}`, /a digest/],
  [`alpine@constructor:${digits}`, /a digest/],
  [`alpine@${digest}:x`, /a digest/],
  ['alpine@', /a digest/],
  ['/alpine', /a reference/],
  ['alpine/', /a reference/],
  ['a//b', /a reference/],
  ['a___b', /a reference/],
  ['-a', /a reference/],
  ['a..b', /a reference/],
  ['../a', /a reference/],
  ['a.b/../c', /a reference/],
  ['a b', /a reference/],
  ['alpine\n', /a reference/],
  ['host.:5000/a', /a reference/],
  ['ho_st.io/a', /a reference/],
  ['a'.repeat(256), /at most 255/],
];

describe('parseReference', () => {
  for (const [text, full, familiar] of accepted) {
    it(`reads ${text.slice(0, 60)}`, () => {
      const reference = withDefaultTag(parseReference(text));
      assert.equal(formatReference(reference), full);
      assert.equal(familiarReference(reference), familiar);
      assert.deepEqual(parseReference(full), reference);
      assert.deepEqual(parseReference(familiar), reference);
    });
  }

  for (const [text, message] of refused) {
    it(`refuses ${JSON.stringify(text.slice(0, 60))}`, () => {
      assert.throws(
        () => parseReference(text),
        (error: unknown) => error instanceof InvalidArgumentError && message.test(error.message),
      );
    });
  }

  it('gives no tag to a text without one', () => {
    assert.deepEqual(parseReference('a.b/c'), { domain: 'a.b', path: 'c' });
  });
});
