// SPDX-License-Identifier: Apache-2.0
import { latencyScenario } from '../compare.js';

export default latencyScenario({
  id: 'S4',
  title: 'run echo until the first byte of its stdout',
  latency: 'firstByte',
  network: 'none',
});
