// SPDX-License-Identifier: Apache-2.0
import s1 from './s1-run.js';
import s2 from './s2-run-host-network.js';
import s4 from './s4-first-byte.js';
import s5 from './s5-churn.js';
import s6 from './s6-exec.js';
import s7 from './s7-kill.js';
import s19 from './s19-event-loop.js';
import s20 from './s20-package.js';
import type { Scenario } from './scenario.js';

export const scenarios: readonly Scenario[] = [s1, s2, s4, s5, s6, s7, s19, s20];
