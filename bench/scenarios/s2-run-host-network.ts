// SPDX-License-Identifier: Apache-2.0
import { latencyScenario } from '../compare.js';

export default latencyScenario({
  id: 'S2',
  title: "run /bin/true in the host's network namespace until removed",
  latency: 'run',
  network: 'host',
});
