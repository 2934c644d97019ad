// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { onTerminal, type Settings, when } from '../helpers/cli.js';
import { needs } from '../helpers/needs.js';

const CTRL_C = '\x03';
const CTRL_D = '\x04';
const LOOP = 'while :; do sleep 0.05; done';

describe('slipway run on a terminal', function () {
  this.timeout(30_000);
  needs('containers', 'script', 'stty');
  let root: string;

  before(() => {
    root = mkdtempSync(join(tmpdir(), 'slipway-cli-'));
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  const terminal = async (line: string, onOutput?: Settings['onOutput']) => {
    const { stdout, code } = await onTerminal(line, { root, ...(onOutput && { onOutput }) });
    return { code, lines: stdout.replaceAll('\r', '').split('\n').filter(Boolean) };
  };

  it('gives the container a terminal of the same size with -t', async () => {
    const { code, lines } = await terminal(
      "stty rows 31 cols 101; $SLIPWAY run -it host sh -c 'tty; stty size; exit 9'",
    );
    assert.deepEqual({ code, lines }, { code: 9, lines: ['/dev/pts/0', '31 101'] });
  });

  it('gives it no terminal without -t', async () => {
    const { lines } = await terminal("$SLIPWAY run host sh -c 'tty; test -t 1 || echo pipe'");
    assert.deepEqual(lines, ['not a tty', 'pipe']);
  });

  it('passes a new size on', async () => {
    const script = `trap "stty size; exit 4" WINCH; echo ready; ${LOOP}`;
    const resize = '(while ! test -e $D/go; do sleep 0.05; done; stty rows 50 cols 132 < /dev/tty)';
    const folder = mkdtempSync(join(root, 'resize-'));
    const line = `D=${folder}; stty rows 30 cols 100; ${resize} & $SLIPWAY run -it -v $D:/d host sh -c '${script.replace('echo ready;', 'touch /d/go;')}'`;
    const { code, lines } = await terminal(line);
    assert.deepEqual({ code, lines }, { code: 4, lines: ['50 132'] });
  });

  it('sends keys, also Ctrl-C, to the container', async () => {
    const script = `trap "echo interrupted; exit 5" INT; read name; echo hello $name; ${LOOP}`;
    let step = 0;
    const { code, lines } = await terminal(
      `$SLIPWAY run -it host sh -c 'echo name?; ${script}'`,
      (output, child) => {
        if (step === 0 && output.includes('name?')) {
          step = 1;
          child.type('you\r');
        } else if (step === 1 && output.includes('hello you')) {
          step = 2;
          child.type(CTRL_C);
        }
      },
    );
    assert.equal(code, 5);
    assert.deepEqual(lines, ['name?', 'you', 'hello you', '^Cinterrupted']);
  });

  it('sends Ctrl-C as a signal without -t', async () => {
    const script = `trap "echo interrupted; exit 5" INT; echo ready; ${LOOP}`;
    const { code, lines } = await terminal(
      `exec $SLIPWAY run host sh -c '${script}'`,
      when('ready', (child) => child.type(CTRL_C)),
    );
    assert.equal(code, 5);
    assert.deepEqual(lines, ['ready', '^Cinterrupted']);
  });

  it('ends the input of the container at Ctrl-D', async () => {
    const { code, lines } = await terminal(
      "$SLIPWAY run -i host sh -c 'echo ready; wc -l'",
      when('ready', (child) => child.type(`line\r${CTRL_D}`)),
    );
    assert.equal(code, 0);
    assert.deepEqual(lines, ['ready', 'line', '1']);
  });

  it('gives the terminal its modes back, also when it is stopped by a signal', async () => {
    const modes = (name: string) => `stty -a > ${join(root, name)}`;
    const ended = '$SLIPWAY run -it host sh -c "stty raw -echo; exit 3"';
    const failed = '$SLIPWAY run -it host no-such-program';
    const ready = `echo ready; ${LOOP}`;
    const killed = `$SLIPWAY run -it --sig-proxy=false --stop-timeout 0 host sh -c '${ready}'`;
    const line = `${modes('before')}; ${ended}; ${modes('after')}; ${failed}; ${modes('failed')}; (sleep 0.1; while ! grep -q go ${root}/go; do sleep 0.1; done; pkill -TERM -P $$ node) 2>/dev/null & ${killed}; ${modes('killed')}`;
    writeFileSync(join(root, 'go'), '');
    await terminal(
      line,
      when('ready', () => writeFileSync(join(root, 'go'), 'go')),
    );
    const before = readFileSync(join(root, 'before'), 'utf8');
    for (const name of ['after', 'failed', 'killed']) {
      assert.equal(readFileSync(join(root, name), 'utf8'), before, name);
    }
  });
});
