// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { useBoxes } from '../helpers/boxes.js';
import { needs } from '../helpers/needs.js';

// The accounts are those of the busybox image: app is 1000 and in extra (3000)
// and more (3001); the user "2000" is 0 and the group "2001" is 0.
const IDS: [user: string | number | undefined, groupAdd: (string | number)[], expected: string][] =
  [
    [undefined, [], '0 0 0'],
    ['root', [], '0 0 0'],
    ['app', [], '1000 1000 1000,3000,3001'],
    ['app:extra', [], '1000 3000 3000'],
    ['app:7', [], '1000 7 7'],
    ['1000', [], '1000 1000 1000,3000,3001'],
    ['1000:1000', [], '1000 1000 1000'],
    [1000, [], '1000 1000 1000,3000,3001'],
    ['4000', [], '4000 0 0'],
    ['4000:more', [], '4000 3001 3001'],
    ['2000', [], '2000 0 0'],
    ['4000:2001', [], '4000 2001 2001'],
    ['app', ['9', 'more'], '1000 1000 9,1000,3000,3001'],
    ['4000:4000', ['extra', 5], '4000 4000 5,3000,4000'],
    [undefined, ['extra'], '0 0 0,3000'],
  ];

describe('user and groupAdd', () => {
  needs('root', 'busybox');
  const boxes = useBoxes();
  const script =
    'echo $(id -u) $(id -g) $(grep ^Groups: /proc/self/status | cut -f2 | tr " " "\\n" | grep . | sort -n | tr "\\n" ",")';

  for (const [user, groupAdd, expected] of IDS) {
    it(`user ${user} with groupAdd [${groupAdd}] is ${expected}`, async () => {
      const options = { groupAdd, ...(user === undefined ? {} : { user }) };
      const ids = await boxes.text(script, options);
      // /proc leaves the main group out where it is not in the list.
      assert.equal(ids.replace(/,$/, ''), expected);
    });
  }

  it('a user who is not root has no capabilities and may not change files of root', async () => {
    const output = await boxes.sh('grep CapEff /proc/self/status; echo x > /etc/passwd', {
      user: 'app',
    });
    assert.match(output.stdout, /CapEff:\t0{16}\n/);
    assert.match(output.stderr, /Permission denied/);
  });

  it('a user has the home of the image', async () => {
    assert.equal(await boxes.text('echo $HOME', { user: 'app' }), '/home/app');
    assert.equal(await boxes.text('echo $HOME', { user: '4000' }), '/');
  });

  it('a user may write to the standard output by its name', async () => {
    assert.equal(await boxes.text('echo hi > /dev/stdout', { user: 'app' }), 'hi');
  });

  for (const user of ['nobody-here', 'app:no-group', 'nobody-here:0']) {
    it(`user ${user}, which the image does not know, is refused`, async () => {
      await assert.rejects(boxes.run({ user }), (error: Error & { step?: string }) => {
        assert.equal(error.step, 'look up user');
        assert.match(error.message, /no-group|nobody-here/);
        return true;
      });
    });
  }

  for (const user of ['-1', '4294967296', '2147483648', '0:-1', 'a:b:c', 'a b']) {
    it(`user ${JSON.stringify(user)} is refused before anything is made`, async () => {
      await assert.rejects(boxes.run({ user }), { name: 'InvalidArgumentError', option: 'user' });
    });
  }
});
