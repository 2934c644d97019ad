// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace slipway {

// The supervisor of one engine, on the socket that is descriptor 3. Returns the
// exit code once Node's end has closed and everything is cleaned up.
int supervise();

}  // namespace slipway
