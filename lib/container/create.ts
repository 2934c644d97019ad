// SPDX-License-Identifier: Apache-2.0
// From options to a container that is ready to start. Nothing is made yet: a
// refused option leaves nothing behind.
import { defaultEngine, Engine } from '../engine/engine.js';
import { InvalidArgumentError, NotFoundError } from '../errors.js';
import { failPoint } from '../failpoint.js';
import { randomHex } from '../ids.js';
import { Image } from '../image/image.js';
import { buildSpec } from '../spec/build.js';
import { canceledError } from './cancel.js';
import type { Internals } from './internals.js';
import type { ContainerOptions, NormalisedOptions } from './options.js';
import { findContainer } from './registry.js';
import { normaliseOptions } from './validate.js';

export async function prepareContainer(given: ContainerOptions): Promise<Internals> {
  const options = normaliseOptions(given);
  const engine = engineOf(options.engine);
  if (options.signal?.aborted) throw canceledError('create', options.signal.reason);
  const image = await imageOf(engine, options);
  failPoint('create', 'look up image');
  const id = randomHex(32);
  const built = buildSpec({
    options,
    id,
    imageConfig: image.config,
    machine: engine.machine,
    runningId: (container) => runningId(engine, container),
  });
  failPoint('create', 'build configuration');
  return {
    engine,
    id,
    name: options.name ?? '',
    image,
    options,
    built,
    createdAt: new Date(),
    status: 'created',
    dir: undefined,
    pid: 0,
    startedAt: undefined,
    finishedAt: undefined,
    timings: {},
    stdin: null,
    stdout: null,
    stderr: null,
    starting: undefined,
    exit: undefined,
    report: undefined,
    removing: undefined,
    cancel: undefined,
    canceled: undefined,
    restartCount: 0,
  };
}

export function engineOf(given: unknown): Engine {
  if (given === undefined) return defaultEngine();
  if (given instanceof Engine) return given;
  throw new InvalidArgumentError({ option: 'engine', given, allowed: 'an Engine' });
}

function imageOf(engine: Engine, options: NormalisedOptions): Image | Promise<Image> {
  const { image } = options;
  if (image instanceof Image) return image;
  if (image === 'host') return Image.loadedHost(engine) ?? Image.host({ engine });
  return Image.get(typeof image === 'string' ? image : image.id, { engine });
}

function runningId(engine: Engine, container: string): string {
  const { id, running } = findContainer(engine, container);
  if (running) return id;
  throw new NotFoundError(`container ${container} is not running`, {
    code: 'ERR_CONTAINER_NOT_FOUND',
  });
}
