# SPDX-License-Identifier: Apache-2.0
# Installs and compiles: the addon and the helper with node-gyp, then dist/.
# limit: 600
set -eu
npm ci
build/Release/slipway-runtime --version
node dist/cli/main.js --help >/dev/null
