// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { onTerminal, type Settings, shell, slipway } from '../helpers/cli.js';
import { needs } from '../helpers/needs.js';

describe('slipway image', function () {
  this.timeout(30_000);
  needs('containers', 'tar', 'script', 'ldd');
  let root: string;
  let folder: string;

  before(() => {
    root = mkdtempSync(join(tmpdir(), 'slipway-cli-'));
    folder = join(root, 'files');
    mkdirSync(join(folder, 'etc'), { recursive: true });
    writeFileSync(join(folder, 'etc', 'greeting'), 'x'.repeat(2000));
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  const cli = (args: readonly string[], settings: Partial<Settings> = {}) =>
    slipway(args, { root, ...settings });

  it('imports a folder and an archive, and lists, tags, shows and removes them', async () => {
    const changes = ['-c', 'CMD ["sh"]', '-c', 'ENV A="x y"', '-c', 'LABEL kind=first'];
    const imported = await cli(['import', folder, 'base:1', '-m', 'a message', ...changes]);
    assert.equal(imported.stderr, '');
    assert.match(imported.stdout, /^sha256:[0-9a-f]{64}\n$/);
    const id = imported.stdout.trim();
    const line = `tar -C ${folder} -cz . | $SLIPWAY image import - other/name`;
    assert.equal((await shell(line, { root })).code, 0);
    await cli(['tag', 'base:1', 'base:latest']);

    const { stdout: table } = await cli(['images']);
    const [head, ...rows] = table.trimEnd().split('\n');
    assert.match(head ?? '', /^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE$/);
    assert.deepEqual(rows.map((row) => row.split(/ {2,}/).slice(0, 2).join(':')).sort(), [
      'base:1',
      'base:latest',
      'other/name:latest',
    ]);
    assert.ok(rows.every((row) => / ago +2kB$/.test(row)));

    const names = await cli(['images', '--format', '{{.Repository}}:{{.Tag}}', 'base:1']);
    assert.equal(names.stdout, 'base:1\n');
    const filtered = await cli(['image', 'ls', '-q', '--no-trunc', '-f', 'label=kind=first']);
    assert.equal(filtered.stdout, `${id}\n${id}\n`);

    const { stdout: json } = await cli(['image', 'inspect', 'base']);
    const [shown] = JSON.parse(json) as [Record<string, unknown>];
    assert.equal(shown.Id, id);
    assert.equal(shown.Comment, 'a message');
    assert.deepEqual(shown.RepoTags, ['base:1', 'base:latest']);
    assert.deepEqual(shown.Config, { Env: ['A=x y'], Cmd: ['sh'], Labels: { kind: 'first' } });
    const part = await cli(['image', 'inspect', '-f', '{{json .Config.Cmd}}', 'base']);
    assert.equal(part.stdout, '["sh"]\n');

    assert.equal((await cli(['rmi', 'base:latest'])).stdout, 'Untagged: base:latest\n');
    const removed = await cli(['rmi', 'base:1', 'other/name']);
    assert.match(removed.stdout, /^Untagged: base:1\nDeleted: sha256:.*\nUntagged: other\/name:/);
    assert.equal((await cli(['images', '-q'])).stdout, '');
  });

  it('runs a container of an imported image', async () => {
    const list = join(root, 'list');
    // Only the shell and its libraries.
    const line = `ldd /bin/sh | grep -o '/[^ ]*' | sort -u > ${list}; echo /bin/sh >> ${list}; tar -chf - -T ${list} 2>/dev/null | $SLIPWAY import - sh -c 'CMD ["/bin/sh", "-c", "echo imported"]'`;
    assert.equal((await shell(line, { root })).code, 0);
    const { stdout, stderr } = await cli(['run', 'sh']);
    assert.deepEqual([stdout, stderr], ['imported\n', '']);
    assert.equal((await cli(['rmi', 'sh'])).code, 0);
  });

  it('says which image is missing, goes on with the others and fails', async () => {
    await cli(['import', folder, 'here']);
    const { code, stdout, stderr } = await cli(['rmi', 'nope', 'here']);
    assert.equal(code, 1);
    assert.equal(stderr, 'slipway: no such image: nope\n');
    assert.match(stdout, /^Untagged: here:latest\nDeleted: /);
    assert.equal((await cli(['rmi', '-f', 'nope'])).code, 0);
    const shown = await cli(['image', 'inspect', 'nope']);
    assert.deepEqual(shown, { code: 1, stdout: '[]\n', stderr: 'slipway: no such image: nope\n' });
  });

  it('refuses what it cannot read, and keeps nothing of it', async () => {
    const garbage = join(root, 'garbage');
    writeFileSync(garbage, 'this is no archive '.repeat(100));
    const broken = await cli(['import', garbage]);
    assert.equal(broken.code, 1);
    assert.match(broken.stderr, /^slipway: /);
    const change = await cli(['import', folder, '-c', 'RUN make']);
    assert.equal(change.code, 1);
    assert.match(change.stderr, /^slipway: --change: got "RUN make", expected an instruction/);
    const download = await cli(['import', 'https://example.org/x.tar']);
    assert.match(download.stderr, /downloads are not available yet \(hint: curl -L/);
    assert.equal((await cli(['images', '-q'])).stdout, '');
  });

  it('shows progress on a terminal and prints the id alone', async () => {
    const line = `$SLIPWAY import ${folder} shown > ${join(root, 'id')}`;
    const { stdout, code } = await onTerminal(line, { root });
    assert.equal(code, 0);
    assert.ok(stdout.includes('\r\x1b[KImporting: '), stdout);
    assert.match(readFileSync(join(root, 'id'), 'utf8'), /^sha256:[0-9a-f]{64}\n$/);
    assert.equal((await cli(['rmi', 'shown'])).code, 0);
  });
});
