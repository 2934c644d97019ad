// SPDX-License-Identifier: Apache-2.0
// `slipway version`.
import { release } from 'node:os';
import { packageVersion } from '../../package-file.js';
import type { Command } from '../command.js';
import { row } from '../flags/flag.js';
import { Template } from '../format/template.js';
import { print } from '../output.js';

export const version: Command = {
  usage: '[OPTIONS]',
  about: 'Show the version of Slipway and of what it runs on',
  flags: [
    row('format', 'string', "'json', or a Go template such as '{{.Version}}'", { short: 'f' }),
  ],
  min: 0,
  max: 0,
  interspersed: true,
  examples: [
    ['slipway version', 'All versions'],
    ["slipway version --format '{{.Version}}'", 'Only that of Slipway'],
  ],
  run({ values }) {
    const facts = readVersions();
    const format = values.text('format') ?? '';
    if (format === 'json') print(JSON.stringify(facts));
    else if (format !== '') print(new Template(format).render(facts));
    else print(lines(facts));
    return Promise.resolve(0);
  },
};

function readVersions() {
  const Version = packageVersion();
  const Arch = process.arch === 'x64' ? 'amd64' : process.arch;
  return { Version, NodeVersion: process.version, Os: 'linux', Arch, KernelVersion: release() };
}

function lines(facts: ReturnType<typeof readVersions>): string {
  return [
    'Slipway:',
    ` Version:         ${facts.Version}`,
    ` Node.js version: ${facts.NodeVersion}`,
    ` OS/Arch:         ${facts.Os}/${facts.Arch}`,
    ` Kernel version:  ${facts.KernelVersion}`,
  ].join('\n');
}
