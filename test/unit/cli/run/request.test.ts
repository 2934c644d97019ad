// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { run } from '../../../../lib/cli/commands/run.js';
import { parseFlags } from '../../../../lib/cli/flags/parse.js';
import { flagOfOption } from '../../../../lib/cli/run/flag-names.js';
import { RUN_FLAGS } from '../../../../lib/cli/run/flags.js';
import { readRequest } from '../../../../lib/cli/run/request.js';
import { UNAVAILABLE_FLAGS } from '../../../../lib/cli/run/unavailable.js';
import { PlainError } from '../../../../lib/cli/usage-error.js';

const ALL = [...RUN_FLAGS, ...UNAVAILABLE_FLAGS];

function request(line: string) {
  const { values, args } = parseFlags(ALL, line.split(' '), run);
  return readRequest(values, args);
}

const options = (line: string) => request(line).options as unknown as Record<string, unknown>;

// All that `docker run` of Docker 28 has.
const DOCKER = `add-host annotation attach blkio-weight blkio-weight-device cap-add cap-drop
cgroup-parent cgroupns cidfile cpu-count cpu-percent cpu-period cpu-quota cpu-rt-period
cpu-rt-runtime cpu-shares cpus cpuset-cpus cpuset-mems detach detach-keys device
device-cgroup-rule device-read-bps device-read-iops device-write-bps device-write-iops
disable-content-trust dns dns-option dns-search domainname entrypoint env env-file expose gpus
group-add health-cmd health-interval health-retries health-start-interval health-start-period
health-timeout hostname init interactive io-maxbandwidth io-maxiops ip ip6 ipc isolation
kernel-memory label label-file link link-local-ip log-driver log-opt mac-address memory
memory-reservation memory-swap memory-swappiness mount name network network-alias no-healthcheck
oom-kill-disable oom-score-adj pid pids-limit platform privileged publish publish-all pull quiet
read-only restart rm runtime security-opt shm-size sig-proxy stop-signal stop-timeout storage-opt
sysctl tmpfs tty ulimit use-api-socket user userns uts volume volume-driver volumes-from workdir`;

describe('the flags of run', () => {
  it('are all those of Docker, each once', () => {
    const names = ALL.map(({ name }) => name);
    assert.deepEqual([...names].sort(), DOCKER.split(/\s+/).sort());
    const letters = ALL.flatMap(({ short }) => short ?? []);
    assert.equal(new Set(letters).size, letters.length);
    assert.deepEqual(letters.sort(), [...'Pacdehilmpqtuvw']);
  });

  it('end at the image, after which all words are the command', () => {
    assert.deepEqual(options('-e A=1 host sh -c -e'), {
      image: 'host',
      env: ['A=1'],
      command: ['sh', '-c', '-e'],
    });
    assert.deepEqual(options('host -- sh -- x').command, ['sh', '--', 'x']);
    assert.equal(options('host').command, undefined);
  });

  it('become the options of a container', () => {
    const given = options(
      '-m 256m --cpus 1.5 --pids-limit -1 --read-only -v /a:/b:ro --tmpfs /t --mount type=tmpfs,target=/m -u 5:6 -w /w --network host -l a=1 --sysctl net.x=1 host',
    );
    assert.deepEqual(given, {
      image: 'host',
      user: '5:6',
      workdir: '/w',
      cpus: '1.5',
      memory: '256m',
      pidsLimit: -1,
      mounts: [{ type: 'tmpfs', target: '/m' }],
      readOnly: true,
      tmpfs: ['/t'],
      volumes: ['/a:/b:ro'],
      sysctls: ['net.x=1'],
      network: 'host',
      labels: ['a=1'],
    });
  });

  it('leave out what stands for the default', () => {
    assert.deepEqual(options('--memory-swappiness -1 --cpu-period 0 --hostname= host'), {
      image: 'host',
    });
    assert.deepEqual(options('--entrypoint= host'), { image: 'host', entrypoint: '' });
  });

  it('attach the streams that are named', () => {
    const attached = (line: string) => request(line).attached;
    assert.deepEqual(attached('host'), { stdin: false, stdout: true, stderr: true });
    assert.deepEqual(attached('-i host'), { stdin: true, stdout: true, stderr: true });
    assert.deepEqual(attached('-a STDERR host'), { stdin: false, stdout: false, stderr: true });
    assert.deepEqual(attached('-i -a stdin host'), { stdin: true, stdout: false, stderr: false });
    assert.throws(() => attached('-a tty host'), { message: /^--attach: got 'tty'/ });
  });

  it('are refused by name where nothing can honour them', () => {
    for (const [line, name] of [
      ['-d', '--detach'],
      ['-p 80:80', '--publish'],
      ['--restart always', '--restart'],
      ['--log-driver json-file', '--log-driver'],
      ['--health-cmd true', '--health-cmd'],
      ['--disable-content-trust=false', '--disable-content-trust'],
      ['--pull always', '--pull always'],
      ['--network none --network host', 'more than one --network'],
    ]) {
      assert.throws(
        () => request(`${line} host`),
        (error) =>
          error instanceof PlainError &&
          error.exitCode === 125 &&
          error.message.startsWith(`${name} is not available yet`),
        line,
      );
    }
  });

  it('may say what is the case anyway', () => {
    const line =
      '-d=false --restart no --log-driver none --isolation default --pull never --rm host';
    assert.deepEqual(options(line), { image: 'host' });
  });

  it('are how errors name options', () => {
    assert.equal(flagOfOption('memory'), '--memory');
    assert.equal(flagOfOption('volumes[2]'), '--volume');
    assert.equal(flagOfOption('mounts[0].source'), '--mount source');
    assert.equal(flagOfOption('labels'), '--label');
    assert.equal(flagOfOption('engine'), undefined);
  });
});
