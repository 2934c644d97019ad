// SPDX-License-Identifier: Apache-2.0
// Packs this package and installs it as a stranger would: in an empty project,
// with a PATH on which there is nothing to compile with.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

const npm = execFileSync('which', ['npm'], { encoding: 'utf8' }).trim();

// What npm sets for its scripts would redirect the npm that the test runs.
function plainEnv(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
  return Object.fromEntries(entries);
}

/** Makes the prebuilds and the tarball in `folder`; returns the tarball's path. */
export function pack(folder: string): string {
  const options = { cwd: root, env: plainEnv(), encoding: 'utf8' } as const;
  execFileSync(npm, ['run', 'prebuild'], { ...options, stdio: 'pipe' });
  const args = ['pack', '--json', '--foreground-scripts=false', '--pack-destination', folder];
  const output = execFileSync(npm, args, { ...options, stdio: 'pipe' });
  const [packed] = JSON.parse(output.slice(output.indexOf('[\n'))) as [{ filename: string }];
  return join(folder, packed.filename);
}

/** An empty project that depends on the packed tarball. */
export class Consumer {
  readonly folder: string;
  readonly installed: string;
  private readonly env: NodeJS.ProcessEnv;

  constructor(tarball: string, installArgs: string[]) {
    this.folder = mkdtempSync(join(tmpdir(), 'slipway-consumer-'));
    this.installed = join(this.folder, 'node_modules', 'slipway');
    this.env = { ...plainEnv(), PATH: this.makePath() };
    writeFileSync(join(this.folder, 'package.json'), '{ "private": true, "type": "module" }\n');
    const args = ['install', '--no-audit', '--no-fund', '--prefer-offline', ...installArgs];
    execFileSync('npm', [...args, tarball], { cwd: this.folder, env: this.env, stdio: 'pipe' });
  }

  // sh is there because npm runs every script by it.
  private makePath(): string {
    const bin = join(this.folder, 'bin');
    mkdirSync(bin);
    symlinkSync(process.execPath, join(bin, 'node'));
    symlinkSync(npm, join(bin, 'npm'));
    symlinkSync('/bin/sh', join(bin, 'sh'));
    return bin;
  }

  /** Runs a module in the project, as a program of its own. */
  run(source: string): { status: number | null; stdout: string; stderr: string } {
    const args = ['--input-type=module', '--eval', source];
    return spawnSync('node', args, { cwd: this.folder, env: this.env, encoding: 'utf8' });
  }

  /** Runs the command `slipway` of the project. */
  slipway(...args: string[]): { status: number | null; stdout: string; stderr: string } {
    const command = join(this.folder, 'node_modules', '.bin', 'slipway');
    return spawnSync(command, args, { cwd: this.folder, env: this.env, encoding: 'utf8' });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
