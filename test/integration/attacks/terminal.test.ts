// SPDX-License-Identifier: Apache-2.0
// Typing into the terminal of whoever started the container: with a terminal of
// its own it can type only there; with the caller's it may not type at all.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, it } from 'mocha';
import { numbers, useRange } from './attack.js';

const EIO = 5;
const EPERM = 1;
const ENXIO = 6;
const ENOTTY = 25;
const INDEX = fileURLToPath(new URL('../../../lib/index.ts', import.meta.url));

describe('typing into the terminal of the caller', function () {
  this.timeout(30_000);
  const range = useRange('terminal', 'with-terminal');

  it('is not possible through pipes, with which there is no terminal', async () => {
    const { stdout } = await range.run({ command: ['/probes/terminal'], stdin: 'pipe' });
    const answers = numbers(stdout);
    assert.equal(answers['tty'], 0);
    assert.equal(answers['TIOCSTI'], ENOTTY);
    assert.equal(answers['/dev/tty'], ENXIO);
  });

  it('happens in a terminal of its own with tty, in exec too', async () => {
    await using box = await range.start({ command: ['sleep', '60'], tty: true });
    const exec = await box.exec(['/probes/terminal'], { tty: true });
    const run = await range.run({ command: ['/probes/terminal'], tty: true });
    for (const text of [exec.stdout ?? '', run.stdout]) {
      const answers = numbers(text.replaceAll(/^x/gm, ''));
      assert.equal(answers['tty'], 1, text);
      assert.equal(answers['/dev/tty'], 0, text);
      assert.equal(answers['TIOCLINUX'], ENOTTY, text);
    }
  });

  // The host program runs on a terminal, as in a shell; its own is the container's.
  async function runInherited(what: string): Promise<string> {
    const program = `
      const { Container, Engine } = await import(${JSON.stringify(INDEX)});
      const engine = new Engine({ root: ${JSON.stringify(`${range.folder}/inherited`)} });
      const volumes = [${JSON.stringify(`${range.probes}:/probes:ro`)}];
      const common = { engine, image: 'host', volumes };
      ${what}
      await engine.close();`;
    const node = [process.execPath, '--import=tsx', '--input-type=module', '--eval', program];
    const run = promisify(execFile);
    const { stdout } = await run(`${range.probes}/with-terminal`, node, { timeout: 20_000 });
    return stdout;
  }

  function assertRefused(text: string): void {
    const answers = numbers(text);
    assert.equal(answers['tty'], 1, text);
    for (const way of ['TIOCSTI', 'TIOCSCTTY', 'stolen TIOCSCTTY', 'TIOCSTI again']) {
      assert.ok([EPERM, EIO].includes(answers[way] ?? 0), `${way}: ${text}`);
    }
    assert.equal(answers['/dev/tty'], ENXIO, text);
    assert.equal(answers['typed'], 0, text);
  }

  it('is refused with the inherited terminal of the caller', async () => {
    const text = await runInherited(`
      const box = await Container.run({ ...common, command: ['/probes/terminal'], stdin: 'inherit', stdout: 'inherit' });
      await box.wait();`);
    assertRefused(text);
  });

  it('is refused to an exec with the inherited terminal of the caller', async () => {
    const text = await runInherited(`
      const box = await Container.run({ ...common, command: ['sleep', '60'] });
      await box.exec(['/probes/terminal'], { stdin: 'inherit', stdout: 'inherit' });`);
    assertRefused(text);
  });

  it('is refused with the inherited terminal of the caller under an init', async () => {
    const text = await runInherited(`
      const box = await Container.run({ ...common, command: ['/probes/terminal'], init: true, stdin: 'inherit', stdout: 'inherit' });
      await box.wait();`);
    assertRefused(text);
  });
});
