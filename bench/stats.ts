// SPDX-License-Identifier: Apache-2.0
// What is said of a list of measured values.

export interface Summary {
  count: number;
  min: number;
  p50: number;
  p90: number;
  p99: number;
}

/** The value below which `share` (0 to 1) of the values lie, interpolated between neighbours. */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError('no values to take a percentile of');
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)] as number;
  const above = sorted[Math.ceil(position)] as number;
  return below + (above - below) * (position - Math.floor(position));
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

export function summarize(values: readonly number[]): Summary {
  return {
    count: values.length,
    min: percentile(values, 0),
    p50: median(values),
    p90: percentile(values, 0.9),
    p99: percentile(values, 0.99),
  };
}
