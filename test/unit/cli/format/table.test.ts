// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { formatRows } from '../../../../lib/cli/format/table.js';
import { agoText, binarySizeText, sizeText, timeText } from '../../../../lib/cli/format/words.js';

const TITLES = { ID: 'IMAGE ID', Tag: 'TAG' };
const ROWS = [
  { ID: '0123456789ab', Tag: 'a' },
  { ID: 'cd', Tag: 'longer than ten' },
];

describe('formatRows', () => {
  it('aligns the columns under their titles', () => {
    assert.deepEqual(formatRows(ROWS, TITLES, ['Tag', 'ID'], ''), [
      'TAG               IMAGE ID',
      'a                 0123456789ab',
      'longer than ten   cd',
    ]);
  });

  it('keeps a narrow column ten characters wide', () => {
    assert.deepEqual(formatRows([], TITLES, ['Tag', 'ID'], 'table'), ['TAG       IMAGE ID']);
  });

  it('gives a table of a template the titles of its fields', () => {
    assert.deepEqual(formatRows(ROWS, TITLES, [], 'table {{.ID}}\\t{{.Tag}}'), [
      'IMAGE ID       TAG',
      '0123456789ab   a',
      'cd             longer than ten',
    ]);
  });

  it('prints one line of JSON or of a template a row', () => {
    assert.deepEqual(formatRows(ROWS, TITLES, [], '{{.Tag}}!'), ['a!', 'longer than ten!']);
    assert.deepEqual(formatRows(ROWS.slice(1), TITLES, [], 'json'), [JSON.stringify(ROWS[1])]);
  });
});

describe('words of sizes and times', () => {
  it('writes sizes with three digits', () => {
    assert.deepEqual([0, 999, 1000, 7_798_000, 1_234_567_890].map(sizeText), [
      '0B',
      '999B',
      '1kB',
      '7.8MB',
      '1.23GB',
    ]);
    assert.equal(binarySizeText(1536 * 1024 * 1024), '1.5GiB');
  });

  it('writes ages as Docker does', () => {
    const now = new Date('2024-06-01T00:00:00Z');
    const ago = (seconds: number) => agoText(new Date(now.getTime() - seconds * 1000), now);
    const hour = 3600;
    assert.deepEqual(
      [0.5, 1, 45, 60, 600, hour, 5 * hour, 49 * hour, 15 * 24 * hour, 400 * 24 * hour].map(ago),
      [
        'Less than a second ago',
        '1 second ago',
        '45 seconds ago',
        'About a minute ago',
        '10 minutes ago',
        'About an hour ago',
        '5 hours ago',
        '2 days ago',
        '2 weeks ago',
        '13 months ago',
      ],
    );
    assert.equal(timeText(now), '2024-06-01 00:00:00 +0000 UTC');
  });
});
