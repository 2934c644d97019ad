# SPDX-License-Identifier: Apache-2.0
# The core under AddressSanitizer and UndefinedBehaviorSanitizer.
# limit: 900
set -eu
npm run test:cpp
