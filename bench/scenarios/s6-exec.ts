// SPDX-License-Identifier: Apache-2.0
import { latencyScenario } from '../compare.js';

export default latencyScenario({
  id: 'S6',
  title: 'exec /bin/true in a running container until it has ended',
  latency: 'exec',
  network: 'none',
});
