// SPDX-License-Identifier: Apache-2.0
// Who the process is: names looked up in the container's own /etc/passwd and
// /etc/group, as Docker reads "--user" and "--group-add".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "init/plan.h"
#include "sys/fault.h"

namespace slipway {

struct Identity {
  uint32_t uid = 0, gid = 0;
  std::vector<uint32_t> groups;  // supplementary, the primary one first
  std::string home = "/";
  std::string uidText, gidText, groupsText;  // for what fails
};

// `root` is the container's root, O_PATH. A number wins over a name of the same
// spelling; numbers are 0 to 2^31-1. Throws EINVAL with what was wrong.
Identity lookUpUser(int root, const UserPlan& plan, const spec::User& fromSpec);

// setgroups(2), setresgid(2), setresuid(2), and not to be looked into by another
// process of that user. System calls only.
Fault becomeUser(const Identity& identity, bool setGroups);

}  // namespace slipway
