// SPDX-License-Identifier: Apache-2.0
// The public names of the package, and nothing else.
import { defaultEngine } from './engine/engine.js';
import { setDefaultImageEngine } from './image/engine.js';

export { Container, type StopOptions } from './container/container.js';
export type { Exec, ExecResult } from './container/exec.js';
export type { ExecCall, ExecOf, ExecStreams, ExecText } from './container/exec-call.js';
export type { ExitReport, ResourceUsage } from './container/exit.js';
export type { ContainerInfo } from './container/inspect.js';
export type { ContainerStatus } from './container/internals.js';
export type * from './container/options.js';
export type { RemoveOptions } from './container/remove.js';
export type { TemplateValue } from './container/template.js';
export { Engine, type EngineOptions } from './engine/engine.js';
export {
  CanceledError,
  ConflictError,
  ERROR_CODES,
  type ErrorCode,
  type ErrorFields,
  type InvalidArgument,
  InvalidArgumentError,
  isSlipwayError,
  NotFoundError,
  SlipwayError,
} from './errors.js';
export type { ImageChanges } from './image/changes.js';
export { type EngineOption, Image, type ImageLayers, type ImageOverlay } from './image/image.js';
export type { ImportOptions, ImportProgress, ImportSource } from './image/import.js';
export type { ByteSource } from './image/source.js';
export type { RemovedImage } from './image/store.js';
export type { Signal } from './signals.js';
export type { ImageConfig } from './spec/process.js';
export type { Input } from './stream/input.js';
export type { Output } from './stream/output.js';
export type { Duration, Size } from './units.js';

setDefaultImageEngine(defaultEngine);
