# SPDX-License-Identifier: Apache-2.0
# Runs each measurement a few times, to show that it runs.
# limit: 600
set -eu
npm run bench -- --short --json "$GATE_WORK/bench.json"
