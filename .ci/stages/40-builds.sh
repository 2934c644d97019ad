# SPDX-License-Identifier: Apache-2.0
# The second build, by CMake, warnings being errors; and a container with what it
# made.
# limit: 900
set -eu
cmake --preset release --log-level=WARNING
cmake --build --preset release --parallel "$(nproc)"
SLIPWAY_PREBUILD=$PWD/build-cmake/release SLIPWAY_ROOT=$GATE_WORK/cmake-root \
  node dist/cli/main.js run host -- sh -c 'echo a container of the CMake build'
