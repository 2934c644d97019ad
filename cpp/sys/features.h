// SPDX-License-Identifier: Apache-2.0
// What this kernel has of what came after 5.10, asked once: the supervisor does
// so before its first fork, and its children know. docs/kernels.md has the list.
#pragma once

namespace slipway {

struct Features {
  bool closeRange = false;         // 5.9; an outer filter may hide it
  bool closeRangeCloexec = false;  // 5.11, else closeOnExecFrom()
  bool mountSetattr = false;       // 5.12, else remount()
  bool overlayLayers = false;      // 6.7, one call for each layer, else classicOverlay()
};

const Features& features();

}  // namespace slipway
