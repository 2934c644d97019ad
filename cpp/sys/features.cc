// SPDX-License-Identifier: Apache-2.0
#include "sys/features.h"

#include <cerrno>

#include "sys/descriptors.h"
#include "sys/fd.h"
#include "sys/kernel.h"

namespace slipway {
namespace {

bool hasCloseRange(unsigned flags) { return kernel::closeRange(~0u, ~0u, flags) == 0; }

bool hasMountSetattr() {
  return kernel::mountSetattr(-1, "", kernel::kAtEmptyPath, {}) == 0 || errno != ENOSYS;
}

// Where the key is known, a layer that is not there is ENOENT. From 6.5 on an
// unknown key is EINVAL; before, each key is taken, and the mount fails.
bool hasOverlayLayers() {
  const Fd fs(kernel::fsopen("overlay"));
  if (!fs) return false;
  return kernel::fsconfig(fs.get(), kernel::kSetString, "lowerdir+", "/proc/self/none", 0) < 0 &&
         errno == ENOENT;
}

}  // namespace

const Features& features() {
  static const Features known{.closeRange = hasCloseRange(0),
                              .closeRangeCloexec = hasCloseRange(kCloseRangeCloexec),
                              .mountSetattr = hasMountSetattr(),
                              .overlayLayers = hasOverlayLayers()};
  return known;
}

}  // namespace slipway
