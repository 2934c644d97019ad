# SPDX-License-Identifier: Apache-2.0
# Packs the package and installs it in an empty project.
# limit: 600
set -eu
MUST_RUN=1 npm run test:package
