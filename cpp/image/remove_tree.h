// SPDX-License-Identifier: Apache-2.0
// Removes a folder that somebody hostile may have filled. Called by the
// supervisor for container folders and by the image worker for layers.
#pragma once

#include <string>

namespace slipway {

// Removes `name` beneath `parentFd`, whatever it is; a missing one is success.
// No link is followed and no mount is entered. What cannot be removed does not
// stop the rest: the first failure is thrown once all else is gone.
void removeTree(int parentFd, const std::string& name);

}  // namespace slipway
