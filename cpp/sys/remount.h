// SPDX-License-Identifier: Apache-2.0
// mount_setattr(2) by mount(2), for kernels before 5.12. Only mounts that are
// attached in the caller's namespace can be changed so.
#pragma once

#include <string>

#include "sys/kernel.h"

namespace slipway {

// Needs the machine's /proc. A mount below that another one covers stays as it
// is: no path leads to it, and who may uncover it may as well remount it.
void remount(int mount, const kernel::MountAttributes& attributes, bool recursive, const char* step,
             const std::string& shown);

// The caller's root, wherever /proc is.
void remountRoot(const kernel::MountAttributes& attributes, const char* step);

}  // namespace slipway
