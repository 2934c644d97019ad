// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace slipway {

// `slipway-runtime seccomp`: an OCI linux.seccomp object on standard input, the
// program as an array of struct sock_filter on standard output.
int printFilter();

}  // namespace slipway
