# SPDX-License-Identifier: Apache-2.0
# All tests as root. Nothing may be skipped.
# limit: 1800
set -eu
export MUST_RUN=1 SLIPWAY_LONG=1
npm test
npm run test:docs
