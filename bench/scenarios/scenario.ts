// SPDX-License-Identifier: Apache-2.0
import type { Context } from '../context.js';
import type { Group } from '../result.js';

export interface Scenario {
  id: string;
  title: string;
  measure(context: Context): Promise<Group[]>;
}
