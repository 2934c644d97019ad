// SPDX-License-Identifier: Apache-2.0
// Sizes and times in Docker's words.

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;
const BINARY_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;
const DIGITS = 3;

/** `7.8MB`: three digits, powers of 1000. */
export function sizeText(bytes: number): string {
  const { value, unit } = scale(bytes, 1000, UNITS);
  return `${Number(value.toPrecision(DIGITS))}${unit}`;
}

/** `7.76GiB`: powers of 1024, as memory is counted. */
export function binarySizeText(bytes: number): string {
  const { value, unit } = scale(bytes, 1024, BINARY_UNITS);
  return `${Number(value.toPrecision(DIGITS + 1))}${unit}`;
}

function scale(bytes: number, base: number, units: readonly string[]) {
  let value = bytes;
  let step = 0;
  while (value >= base && step < units.length - 1) {
    value /= base;
    step++;
  }
  return { value, unit: units[step] ?? '' };
}

const HOUR = 60;
const DAY = 24;

/** `3 hours ago`. */
export function agoText(date: Date, now: Date): string {
  return `${durationText((now.getTime() - date.getTime()) / 1000)} ago`;
}

function durationText(seconds: number): string {
  if (seconds < 1) return 'Less than a second';
  if (seconds < 2) return '1 second';
  if (seconds < 60) return `${Math.floor(seconds)} seconds`;
  const minutes = Math.floor(seconds / 60);
  if (minutes === 1) return 'About a minute';
  if (minutes < HOUR) return `${minutes} minutes`;
  const hours = Math.round(seconds / 3600);
  if (hours === 1) return 'About an hour';
  if (hours < 2 * DAY) return `${hours} hours`;
  if (hours < 14 * DAY) return `${Math.floor(hours / DAY)} days`;
  if (hours < 60 * DAY) return `${Math.floor(hours / DAY / 7)} weeks`;
  if (hours < 730 * DAY) return `${Math.floor(hours / DAY / 30)} months`;
  return `${Math.floor(hours / DAY / 365)} years`;
}

/** `2024-05-01 10:00:00 +0000 UTC`. */
export function timeText(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`;
}
