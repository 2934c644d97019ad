// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { shell } from '../helpers/cli.js';
import { needs } from '../helpers/needs.js';

const UID = 1000;

describe('slipway run by an ordinary user', function () {
  this.timeout(30_000);
  needs('root', 'userns', 'setpriv');
  let home: string;

  before(() => {
    const folder = mkdtempSync(join(tmpdir(), 'slipway-cli-'));
    chmodSync(folder, 0o755);
    home = join(folder, 'home');
    mkdirSync(home);
    chownSync(home, UID, UID);
  });
  after(() => {
    if (home !== undefined) rmSync(join(home, '..'), { recursive: true, force: true });
  });

  const asUser = (line: string) => {
    const user = `setpriv --reuid=${UID} --regid=${UID} --clear-groups`;
    const env = `env HOME=${home} SLIPWAY_ROOT=${home}/root TMPDIR=${home}`;
    return shell(`SLIPWAY="${user} ${env} $SLIPWAY"; ${line}`, { root: join(home, 'root') });
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
