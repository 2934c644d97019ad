// SPDX-License-Identifier: Apache-2.0
// Small settings of the container's namespaces: names, sysctls, the loopback
// interface, the session keyring.
#pragma once

#include <map>
#include <string>

#include "sys/fault.h"

namespace slipway {

void setHostname(const std::string& hostname, const std::string& domainname);
void raiseLoopback();

// `proc` is a /proc of the container's own, opened from its mount, so that no
// mount or link of the image can redirect the write. Keys as sysctl(8) writes
// them. A key that no new namespace of the container owns would change the
// machine and is refused.
struct OwnNamespaces {
  bool network = false, ipc = false, uts = false;
};
void applySysctls(int proc, const std::map<std::string, std::string>& sysctls,
                  const OwnNamespaces& own);

// A new session keyring, so that the caller's keys are out of reach. System calls only.
Fault newKeyring();

}  // namespace slipway
