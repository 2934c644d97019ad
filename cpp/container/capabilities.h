// SPDX-License-Identifier: Apache-2.0
// The five capability sets of a process (capabilities(7)).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "spec/spec.h"
#include "sys/fault.h"

namespace slipway {

struct CapabilitySets {
  uint64_t bounding = 0, effective = 0, inheritable = 0, permitted = 0, ambient = 0;
};

// Names the kernel does not know are an error; those it knows but this process
// may not hand on, as they are not in `own`, are left out, as the OCI text allows.
CapabilitySets capabilitySets(const spec::Capabilities& capabilities, uint64_t own);

// Everything this process holds, effective.
CapabilitySets ownCapabilities();

// In the order the kernel asks for: bounding while CAP_SETPCAP is held, then
// (after the user has changed) the others. System calls only.
Fault dropBounding(const CapabilitySets& sets);
Fault keepCapabilitiesAcrossSetuid();
Fault applyCapabilities(const CapabilitySets& sets);

}  // namespace slipway
