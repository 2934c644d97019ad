// SPDX-License-Identifier: Apache-2.0
// v2 has no device controller: a BPF program on the cgroup decides. Assembled
// here instruction by instruction from the rules, loaded and attached by bpf(2).
#pragma once

#include <linux/bpf.h>

#include <string>
#include <vector>

#include "container/cgroup_devices.h"

namespace slipway {

std::vector<bpf_insn> assembleDeviceProgram(const std::vector<DeviceMatch>& rules);

// Loads a program for `rules` and makes it the one of ours on the cgroup open at
// `cgroupFd` (not O_PATH). `isNew` skips the look for one to replace.
void attachDeviceProgram(int cgroupFd, const std::string& path,
                         const std::vector<DeviceMatch>& rules, bool isNew);

}  // namespace slipway
