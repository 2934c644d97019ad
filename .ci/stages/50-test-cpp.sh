# SPDX-License-Identifier: Apache-2.0
# The core under AddressSanitizer and UndefinedBehaviorSanitizer. Skipped is what
# only another kind of machine has, no more.
# limit: 900
set -eu
export MUST_RUN=1
npm run test:cpp
