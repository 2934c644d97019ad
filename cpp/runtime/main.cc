// SPDX-License-Identifier: Apache-2.0
// Entry point of slipway-runtime.
#include <cstdio>
#include <string_view>

#include "init/reaper.h"
#include "runtime/print_filter.h"
#include "runtime/supervise.h"

int main(int argc, char** argv) {
  if (argc >= 1 && std::string_view(argv[0]) == "slipway-init") slipway::runInit(argc, argv);
  const std::string_view verb = argc >= 2 ? argv[1] : "";
  if (argc == 2 && verb == "--version") {
    std::puts("slipway-runtime " SLIPWAY_VERSION);
    return 0;
  }
  if (argc == 2 && verb == "seccomp") return slipway::printFilter();
  if (argc == 2 && verb == "supervise") return slipway::supervise();
  std::fputs(
      "usage: slipway-runtime --version\n"
      "       slipway-runtime seccomp     (a profile's JSON in, its BPF program out)\n"
      "       slipway-runtime supervise   (started by the slipway package, with its socket as "
      "descriptor 3)\n",
      stderr);
  return 2;
}
