// SPDX-License-Identifier: Apache-2.0
// User namespaces and their id mappings (user_namespaces(7)).
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "container/namespaces.h"
#include "spec/spec.h"
#include "sys/fd.h"

namespace slipway {

// The text that /proc/PID/uid_map takes, one line a mapping.
std::string mappingText(const std::vector<spec::IdMapping>& mappings);

// Writes both maps of a process, from outside, in the order the kernel wants.
// An unprivileged writer may only map its own ids and must first deny
// setgroups (4 of "Defining user and group ID mappings").
void writeMappings(pid_t pid, const std::vector<spec::IdMapping>& uids,
                   const std::vector<spec::IdMapping>& gids, bool denySetgroups);

// A user namespace that only a descriptor holds (idmapped mounts).
Fd makeUserNamespace(const std::vector<spec::IdMapping>& uids,
                     const std::vector<spec::IdMapping>& gids);

// One that others are in, and the ids outside of its root.
struct KnownUserNamespace {
  Fd fd;
  uint32_t rootUid = 0, rootGid = 0;
};
KnownUserNamespace findUserNamespace(const spec::Namespace& wanted, const Neighbours& neighbours);

// The host id behind a container id; throws when none is mapped.
uint32_t hostId(const std::vector<spec::IdMapping>& mappings, uint32_t containerId,
                const char* what);

// Puts the calling process, single-threaded, into a new user namespace in which
// it is root: with the ranges of /etc/subuid and /etc/subgid by newuidmap(1) and
// newgidmap(1) when both are there, else with its own single id. Returns
// whether ranges were mapped.
bool enterOwnUserNamespace();

}  // namespace slipway
