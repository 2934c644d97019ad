// SPDX-License-Identifier: Apache-2.0
// Images as callers see them: an immutable description, and what can be done with it.
import { asBoolean, asCall, asText, refuse } from '../check.js';
import { fromSystem } from '../errors.js';
import type { ImageConfig } from '../spec/process.js';
import type { Digest, OciImage } from './config.js';
import { engineOr, type ImageEngine } from './engine.js';
import { HostImages } from './host.js';
import { type ImportOptions, type ImportSource, importImage, readTags } from './import.js';
import { HOST_REFERENCE } from './reference.js';
import { ImageStore, type RemovedImage, type StoredImage } from './store.js';

/** What all calls about images take. */
export interface EngineOption {
  /** The engine to use. Default: the one that all calls without this option share. */
  readonly engine?: ImageEngine;
}

/** Folders that a container's own overlays have as their lower layers, topmost first. */
export interface ImageOverlay {
  readonly target: string;
  readonly lower: readonly string[];
}

/** What a container's root is made of. */
export interface ImageLayers {
  /** Folders of the root itself, topmost first. */
  readonly lower: readonly string[];
  /** Overlays below the root, each on a folder of it that exists. */
  readonly overlays: readonly ImageOverlay[];
}

interface ImageParts {
  readonly id: Digest;
  readonly document: OciImage;
  readonly tags: readonly string[];
  readonly size: number;
  readonly layers: ImageLayers;
}

interface Images {
  readonly engine: ImageEngine;
  readonly store: ImageStore;
  readonly host: HostImages;
}

const IMPORT_OPTIONS = ['tag', 'message', 'changes', 'signal', 'onProgress', 'engine'] as const;

// One of each for an engine, for as long as the engine itself.
const known = new WeakMap<ImageEngine, Images>();

function imagesOf(given: unknown): Images {
  const engine = engineOr(given);
  const there = known.get(engine);
  if (there !== undefined) return there;
  const images = { engine, store: new ImageStore(engine), host: new HostImages(engine.root) };
  known.set(engine, images);
  return images;
}

/**
 * An image: file systems and how to run them.
 *
 * @example
 * ```ts
 * const image = await Image.import('rootfs.tar.gz', { tag: 'base:1', changes: { command: ['sh'] } });
 * console.log(image.id, image.tags);
 * await image.remove();
 * ```
 */
export class Image {
  /** `sha256:` and the digest of {@link document}. */
  readonly id: string;
  /** References as people write them, when this object was made. */
  readonly tags: readonly string[];
  /** The whole OCI image configuration. */
  readonly document: OciImage;
  /** Bytes of the files of all layers; 0 for the embedded image, which has none of its own. */
  readonly size: number;
  readonly #images: Images;
  readonly #layers: ImageLayers;

  private constructor(parts: ImageParts, images: Images) {
    this.id = parts.id;
    this.tags = parts.tags;
    this.document = parts.document;
    this.size = parts.size;
    this.#layers = parts.layers;
    this.#images = images;
  }

  /** The part of the configuration that concerns containers. */
  get config(): ImageConfig {
    return this.document.config;
  }

  /** When it was made; undefined where its configuration does not say. */
  get created(): Date | undefined {
    const { created } = this.document;
    return created === undefined ? undefined : new Date(created);
  }

  /**
   * Where the files are. From the first call on the image cannot be removed by others until
   * the engine closes.
   *
   * @throws NotFoundError when the image was removed.
   */
  layers(): ImageLayers {
    if (!this.#isHost) this.#images.store.pin(this.id as Digest);
    return this.#layers;
  }

  /**
   * The embedded image: this machine's own `/usr`, `/bin`, `/lib*` and `/opt`, read in place and
   * copy-on-write, and the harmless part of `/etc`. Nothing is downloaded, and nothing of
   * `/root`, `/home` or `/var` is in it.
   *
   * @example
   * ```ts
   * const image = await Image.host();
   * ```
   */
  static async host(options: EngineOption = {}): Promise<Image> {
    return Image.#host(imagesOf(asCall(options, ['engine']).engine));
  }

  /**
   * Makes an image of one layer from an archive or a folder. Docker: `docker import`.
   *
   * @example
   * ```ts
   * const image = await Image.import('/srv/rootfs', { tag: 'base', changes: { command: ['sh'] } });
   * ```
   */
  static async import(
    source: ImportSource,
    options: ImportOptions & EngineOption = {},
  ): Promise<Image> {
    const { engine, ...rest } = asCall(options, IMPORT_OPTIONS);
    const images = imagesOf(engine);
    const made = importImage(images.store, images.engine, source, rest as ImportOptions);
    return Image.#stored(await told('import image', made), images);
  }

  /** By reference, by id or by the beginning of an id; `'host'` is the embedded image. */
  static async get(reference: string, options: EngineOption = {}): Promise<Image> {
    const images = imagesOf(asCall(options, ['engine']).engine);
    asText('image', reference, 'an image reference');
    if (isHost(reference, images)) return Image.#host(images);
    return Image.#stored(await told('look up image', images.store.get(reference)), images);
  }

  /** All images but the embedded one, newest first. Docker: `docker images`. */
  static async list(options: EngineOption = {}): Promise<Image[]> {
    const images = imagesOf(asCall(options, ['engine']).engine);
    return (await told('list images', images.store.list())).map((image) =>
      Image.#stored(image, images),
    );
  }

  /**
   * By reference: takes that tag away, and the image with its last one. By id: the image with
   * all its tags. Docker: `docker rmi`.
   */
  static async remove(
    reference: string,
    options: { force?: boolean } & EngineOption = {},
  ): Promise<RemovedImage> {
    const { engine, force } = asCall(options, ['force', 'engine']);
    const images = imagesOf(engine);
    asText('image', reference, 'an image reference');
    if (isHost(reference, images)) refuse('image', reference, 'another than the embedded image');
    return told(
      'remove image',
      images.store.remove(reference, { force: asBoolean('force', force) }),
    );
  }

  /** Gives the image one more reference, taking it from another image that has it. */
  async tag(reference: string): Promise<Image> {
    if (this.#isHost) refuse('image', HOST_REFERENCE, 'another than the embedded image to tag');
    const [tag] = readTags('reference', reference);
    if (tag === undefined) return this;
    return Image.#stored(await this.#images.store.tag(this.id as Digest, tag), this.#images);
  }

  /**
   * Removes the image with all its tags. An image that a container uses, or that has tags in
   * several repositories, needs `force`; one that a running container uses stays.
   */
  async remove(options: { force?: boolean } = {}): Promise<RemovedImage> {
    const force = asBoolean('force', asCall(options, ['force']).force);
    if (this.#isHost) refuse('image', HOST_REFERENCE, 'another than the embedded image');
    return this.#images.store.remove(this.id, { force });
  }

  /** The image as it is now, its tags too. */
  async inspect(): Promise<Image> {
    if (this.#isHost) return this;
    return Image.#stored(await this.#images.store.get(this.id), this.#images);
  }

  /** @internal The embedded image if it was made already, for a start that need not wait. */
  static loadedHost(engine: ImageEngine): Image | undefined {
    return known.get(engine)?.host.image;
  }

  /** @internal Containers were removed: drops images that were removed before them. */
  static async collect(engine: ImageEngine): Promise<void> {
    await known.get(engine)?.store.collect();
  }

  get #isHost(): boolean {
    return this === this.#images.host.image;
  }

  static async #host(images: Images): Promise<Image> {
    const { host } = images;
    if (host.image !== undefined) return host.image;
    // Looked at again after the wait: all of several first calls must get the same object.
    const parts = await host.load();
    host.image ??= new Image(parts, images);
    return host.image;
  }

  static #stored(image: StoredImage, images: Images): Image {
    const { id, document, tags, size, lower } = image;
    return new Image({ id, document, tags, size, layers: { lower, overlays: [] } }, images);
  }
}

// Failures of node:fs get the name of what was being done.
async function told<T>(step: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw fromSystem(error, step);
  }
}

function isHost(reference: string, { host }: Images): boolean {
  return reference === HOST_REFERENCE || reference === host.image?.id;
}
