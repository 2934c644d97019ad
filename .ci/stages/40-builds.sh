# SPDX-License-Identifier: Apache-2.0
# The second build, by CMake as developers start it, warnings being errors; and a
# container with what it made.
# limit: 900
set -eu
npm run build:cmake -- --parallel "$(nproc)"
SLIPWAY_PREBUILD=$PWD/build-cmake/cmake-js SLIPWAY_ROOT=$GATE_WORK/cmake-root \
  node dist/cli/main.js run host -- sh -c 'echo a container of the CMake build'
