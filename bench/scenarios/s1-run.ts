// SPDX-License-Identifier: Apache-2.0
import { latencyScenario } from '../compare.js';

export default latencyScenario({
  id: 'S1',
  title: 'run /bin/true in an empty network namespace until removed',
  latency: 'run',
  network: 'none',
});
