// SPDX-License-Identifier: Apache-2.0
// An empty project in which `slipway` is this checkout, by its sources: as a
// package for modules, as a command for `npx`.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Example, root } from './examples.js';

const TIMEOUT_MS = 60_000;
const modules = join(root, 'node_modules');
const tsx = join(modules, 'tsx', 'dist', 'esm', 'index.mjs');

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class ExampleProject {
  readonly folder = mkdtempSync(join(tmpdir(), 'slipway-docs-'));
  #count = 0;

  constructor() {
    const bin = join(this.folder, 'node_modules', '.bin');
    mkdirSync(bin, { recursive: true });
    const main = join(root, 'lib', 'cli', 'main.ts');
    const command = `#!/bin/sh\nexec '${process.execPath}' --import='${tsx}' '${main}' "$@"\n`;
    writeFileSync(join(bin, 'slipway'), command, { mode: 0o755 });
    writeFileSync(join(this.folder, 'package.json'), '{ "private": true, "type": "module" }\n');
    writeFileSync(join(this.folder, 'tsconfig.json'), JSON.stringify(this.#settings()));
  }

  /** Writes an example as a module and returns its path. */
  write(example: Example): string {
    const path = join(this.folder, `example-${this.#count++}.ts`);
    writeFileSync(path, `// ${example.place}\n${example.code}`);
    return path;
  }

  /** What the compiler says of all modules written so far. */
  check(): string {
    const tsc = join(modules, 'typescript', 'bin', 'tsc');
    return this.#run(process.execPath, [tsc, '-p', this.folder]).stdout;
  }

  /** Runs an example in a folder of its own. */
  run(example: Example): Outcome {
    if (example.language === 'sh') return this.#run('sh', ['-euc', example.code]);
    return this.#run(process.execPath, [`--import=${tsx}`, this.write(example)]);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #settings(): object {
    return {
      extends: join(root, 'tsconfig.json'),
      compilerOptions: {
        noEmit: true,
        incremental: false,
        tsBuildInfoFile: null,
        rootDir: '/',
        noUnusedLocals: false,
        paths: { slipway: [join(root, 'lib', 'index.ts')] },
        typeRoots: [join(modules, '@types')],
      },
      include: ['example-*.ts'],
    };
  }

  #run(command: string, args: string[]): Outcome {
    const cwd = mkdtempSync(join(this.folder, 'run-'));
    const own = {
      HOME: cwd,
      SLIPWAY_ROOT: join(this.folder, 'root'),
      TSX_TSCONFIG_PATH: join(this.folder, 'tsconfig.json'),
    };
    const bin = join(this.folder, 'node_modules', '.bin');
    const result = spawnSync(command, args, {
      cwd,
      env: { ...process.env, ...own, PATH: `${bin}:${process.env['PATH']}` },
      encoding: 'utf8',
      timeout: TIMEOUT_MS,
    });
    if (result.error) throw result.error;
    return result;
  }
}
