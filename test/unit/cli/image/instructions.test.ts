// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { readInstructions } from '../../../../lib/cli/image/instructions.js';
import { PlainError } from '../../../../lib/cli/usage-error.js';

describe('readInstructions', () => {
  it('reads each instruction into the change it makes', () => {
    const changes = readInstructions([
      'CMD ["sh", "-c"]',
      'entrypoint exec top -b',
      'ENV A=1 B="x \\"y\\"" C=\'a b\'',
      'ENV OLD some words',
      'EXPOSE 80 53/udp',
      'LABEL q="1 2"',
      'USER nobody',
      'VOLUME ["/data"]',
      'VOLUME /a /b',
      'WORKDIR /srv',
    ]);
    assert.deepEqual(changes, {
      command: ['sh', '-c'],
      entrypoint: ['/bin/sh', '-c', 'exec top -b'],
      env: { A: '1', B: 'x "y"', C: 'a b', OLD: 'some words' },
      exposedPorts: ['80', '53/udp'],
      labels: { q: '1 2' },
      user: 'nobody',
      volumes: ['/data', '/a', '/b'],
      workdir: '/srv',
    });
  });

  for (const [line, message] of [
    ['HEALTHCHECK NONE', /expected an instruction from CMD, ENTRYPOINT/],
    ['RUN make', /got "RUN make"/],
    ['CMD', /CMD with an argument/],
    ['CMD [1]', /a JSON list of texts/],
    ['ENV A="x', /a quote in A="x has no end/],
    ['LABEL =x', /'name=value' words/],
  ] as const) {
    it(`refuses ${line}`, () => {
      assert.throws(
        () => readInstructions([line]),
        (error) => error instanceof PlainError && message.test(error.message),
      );
    });
  }
});
