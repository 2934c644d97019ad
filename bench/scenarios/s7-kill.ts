// SPDX-License-Identifier: Apache-2.0
import { latencyScenario } from '../compare.js';

export default latencyScenario({
  id: 'S7',
  title: 'kill a sleeping container until removed',
  latency: 'kill',
  network: 'none',
});
