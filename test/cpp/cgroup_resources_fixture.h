// SPDX-License-Identifier: Apache-2.0
// Short ways to resources of one kind, and tables of refusals.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cgroup_fixture.h"

namespace slipway::test {

inline spec::Resources withMemory(const spec::Memory& memory) {
  spec::Resources resources;
  resources.memory = memory;
  return resources;
}
inline spec::Resources withCpu(const spec::Cpu& cpu) {
  spec::Resources resources;
  resources.cpu = cpu;
  return resources;
}
inline spec::Resources withBlockIo(const spec::BlockIo& blockIO) {
  spec::Resources resources;
  resources.blockIO = blockIO;
  return resources;
}

struct Refusal {
  const char* what;
  spec::Resources resources;
  int error;
  const char* hint;
};

inline void expectRefused(Cgroup& cgroup, const std::vector<Refusal>& refusals) {
  for (const Refusal& refusal : refusals) {
    const SysError error = failureOf([&] { cgroup.apply(refusal.resources); });
    EXPECT_EQ(error.err, refusal.error) << refusal.what << ": " << error.what();
    EXPECT_NE(error.hint.find(refusal.hint), std::string::npos)
        << refusal.what << ": " << error.hint;
  }
}

class Refusals {
 public:
  // `what` must be in the hint.
  template <class Fill>
  void add(const char* what, int error, Fill&& fill) {
    Refusal refusal{what, {}, error, what};
    fill(refusal.resources);
    list.push_back(std::move(refusal));
  }
  std::vector<Refusal> list;
};

}  // namespace slipway::test
