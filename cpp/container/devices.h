// SPDX-License-Identifier: Apache-2.0
// Device nodes and the links of /dev (runtime-spec, "Default Devices").
#pragma once

#include <cstdint>
#include <vector>

#include "spec/spec.h"

namespace slipway {

struct DeviceOptions {
  // The kernel refuses mknod(2) in a user namespace: the machine's own nodes
  // are bound instead.
  bool bindNodes = false;
  // The default nodes and links. Not where /dev is a folder of the machine.
  bool defaults = true;
  // Mounts whose files are the container's own (mountIdOf). Nodes of the Spec are
  // made on these and on /dev, never on what somebody mounted over them.
  std::vector<uint64_t> ownMounts;
};

// Makes the default nodes, those of the Spec and the links of /dev below `root`.
void makeDevices(int root, const std::vector<spec::Device>& devices, const DeviceOptions& options);

}  // namespace slipway
