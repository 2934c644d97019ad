// SPDX-License-Identifier: Apache-2.0
// Files the engine puts over those of the image (/etc/hosts, /etc/hostname,
// /etc/resolv.conf): kept on a small tmpfs of the container, so that they are in
// no layer and vanish with it.
#pragma once

#include <vector>

#include "init/plan.h"
#include "sys/fd.h"

namespace slipway {

// Mounts the tmpfs at `dir` (in the private mount namespace; the root later
// covers it) and writes the files. Returns one bind mount a file, detached.
std::vector<Fd> prepareFiles(const std::vector<FilePlan>& files, const std::string& dir);

void attachFiles(int root, const std::vector<FilePlan>& files, const std::vector<Fd>& mounts);

}  // namespace slipway
