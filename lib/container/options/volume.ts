// SPDX-License-Identifier: Apache-2.0
// The short form of a bind mount: `/host:/container:ro,rslave`.
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { asText, refuse } from '../../check.js';
import { type NormalisedBind, PROPAGATIONS, type Propagation, readTarget } from './mount.js';

// They tune the file sharing of Docker Desktop; on Linux all three are the same.
const CONSISTENCIES = ['consistent', 'cached', 'delegated'];
const SHAPE = "'/host:/container' or '/host:/container:ro,rslave'";

export function readVolume(option: string, value: unknown, warnings: string[]): NormalisedBind {
  const parts = asText(option, value, SHAPE).split(':');
  const [source, target, modes = ''] = parts;
  if (source === undefined || target === undefined) {
    return refuse(option, value, SHAPE, 'anonymous volumes are not available yet');
  }
  if (parts.length > 3 || source === '' || target === '') return refuse(option, value, SHAPE);
  const bind: NormalisedBind = {
    option,
    type: 'bind',
    source: readSource(option, source),
    target: readTarget(option, target),
    readOnly: false,
    propagation: 'rprivate',
    recursive: 'enabled',
    createHostPath: true,
  };
  readModes(bind, modes === '' ? [] : modes.split(','), warnings);
  return bind;
}

function readSource(option: string, source: string): string {
  if (source.startsWith('/')) return source;
  if (source === '~' || source.startsWith('~/')) return resolve(homedir(), source.slice(2));
  if (/^\.{1,2}(\/|$)/.test(source)) return resolve(source);
  const hint = 'named volumes are not available yet; ./name is a directory here';
  return refuse(option, source, 'a source that begins with /, ./, ../ or ~/', hint);
}

function readModes(bind: NormalisedBind, modes: readonly string[], warnings: string[]): void {
  const seen = new Set<string>();
  for (const mode of modes) {
    const kind = kindOf(mode);
    if (kind === undefined) {
      const allowed = `modes from ro, rw, z, Z, ${PROPAGATIONS.join(', ')}`;
      const hint = mode === 'nocopy' ? 'nocopy is for named volumes' : undefined;
      refuse(bind.option, mode, allowed, hint);
    }
    if (seen.has(kind)) refuse(bind.option, modes.join(','), `no more than one mode of ${kind}`);
    seen.add(kind);
    if (kind === 'access') bind.readOnly = mode === 'ro';
    if (kind === 'propagation') bind.propagation = mode as Propagation;
    if (kind === 'label') {
      warnings.push(`${bind.option}: ${mode} is without effect, files get no SELinux label`);
    }
  }
}

function kindOf(mode: string): 'access' | 'propagation' | 'label' | 'consistency' | undefined {
  if (mode === 'ro' || mode === 'rw') return 'access';
  if (mode === 'z' || mode === 'Z') return 'label';
  if (CONSISTENCIES.includes(mode)) return 'consistency';
  return PROPAGATIONS.some((known) => known === mode) ? 'propagation' : undefined;
}
