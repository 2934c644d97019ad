// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { shell } from '../helpers/cli.js';
import { needs } from '../helpers/needs.js';
import { PublicCopy } from '../helpers/public-copy.js';

const UID = 1000;

describe('slipway run by an ordinary user', function () {
  this.timeout(30_000);
  needs('root', 'userns', 'setpriv');
  let copy: PublicCopy;
  let home: string;

  before(() => {
    copy = new PublicCopy();
    home = join(copy.folder, 'home');
    mkdirSync(home);
    chownSync(home, UID, UID);
  });
  after(() => copy?.remove());

  const asUser = (line: string) => {
    const user = `setpriv --reuid=${UID} --regid=${UID} --clear-groups`;
    const env = `env HOME=${home} SLIPWAY_ROOT=${home}/root TMPDIR=${home}`;
    const command = copy.command().join(' ');
    const words = `cd ${home}; SLIPWAY="${user} ${env} ${command}"; ${line}`;
    return shell(words, { root: join(home, 'root') });
  };

  it('is root in the container and nobody else outside', async () => {
    const { code, stdout, stderr } = await asUser(
      "$SLIPWAY run host sh -c 'id -u; echo x > /x && cat /x; cat /etc/shadow 2>/dev/null | wc -l; exit 4'",
    );
    assert.deepEqual({ code, stderr }, { code: 4, stderr: '' });
    assert.equal(stdout, '0\nx\n0\n');
  });

  it("copes with another user's pipes", async () => {
    const { stdout, stderr } = await asUser('echo hello | $SLIPWAY run -i host cat | cat');
    assert.deepEqual([stdout, stderr], ['hello\n', '']);
  });
});
