// SPDX-License-Identifier: Apache-2.0
// `slipway info`.
import { readFileSync } from 'node:fs';
import { release, totalmem } from 'node:os';
import { Engine } from '../../index.js';
import type { Command } from '../command.js';
import { row } from '../flags/flag.js';
import { Template } from '../format/template.js';
import { binarySizeText } from '../format/words.js';
import { print } from '../output.js';

export const info: Command = {
  usage: '[OPTIONS]',
  about: 'Display what this machine offers to containers. Nothing is started.',
  flags: [
    row('format', 'string', "'json', or a Go template such as '{{.CgroupVersion}}'", {
      short: 'f',
    }),
  ],
  min: 0,
  max: 0,
  interspersed: true,
  examples: [
    ['slipway info', 'All facts'],
    ["slipway info -f '{{json .Controllers}}'", 'Which limits are possible'],
  ],
  run({ values, globals }) {
    const engine = new Engine(globals.root === undefined ? {} : { root: globals.root });
    const facts = readFacts(engine);
    const format = values.text('format') ?? '';
    if (format === 'json') print(JSON.stringify(facts));
    else if (format !== '') print(new Template(format).render(facts));
    else print(lines(facts));
    return engine.close().then(() => 0);
  },
};

function readFacts(engine: Engine) {
  const { machine } = engine;
  return {
    Name: machine.hostname,
    OperatingSystem: operatingSystem(),
    KernelVersion: release(),
    Architecture: machine.arch === 'x64' ? 'x86_64' : 'aarch64',
    NCPU: machine.cpuCount,
    MemTotal: totalmem(),
    CgroupVersion: machine.cgroup,
    Controllers: machine.controllers,
    SwapLimit: machine.swapLimit,
    Rootless: machine.rootless,
    SingleId: machine.singleId,
    SecurityModules: machine.lsm,
    RootDir: engine.root,
    RunDir: engine.run,
  };
}

function lines(facts: ReturnType<typeof readFacts>): string {
  const list = (names: readonly string[]) => names.join(' ') || 'none';
  const rows: [string, string | number | boolean][] = [
    ['Name', facts.Name],
    ['Operating System', facts.OperatingSystem],
    ['Kernel Version', facts.KernelVersion],
    ['Architecture', facts.Architecture],
    ['CPUs', facts.NCPU],
    ['Total Memory', binarySizeText(facts.MemTotal)],
    ['Cgroup Version', facts.CgroupVersion],
    ['Cgroup Controllers', list(facts.Controllers)],
    ['Swap Limit', facts.SwapLimit],
    ['Rootless', facts.Rootless],
    ['User IDs', facts.SingleId ? 'one' : 'many'],
    ['Security Modules', list(facts.SecurityModules)],
    ['Root Dir', facts.RootDir],
    ['Run Dir', facts.RunDir],
  ];
  return rows.map(([name, value]) => `${name}: ${value}`).join('\n');
}

function operatingSystem(): string {
  try {
    const text = readFileSync('/etc/os-release', 'utf8');
    return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(text)?.[1] ?? 'Linux';
  } catch {
    return 'Linux'; // Not every system has the file.
  }
}
