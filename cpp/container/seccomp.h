// SPDX-License-Identifier: Apache-2.0
// System call filter of a container. compileSeccomp turns the OCI linux.seccomp
// object into a classic BPF program, in the parent, once for each profile;
// attachSeccomp installs it in init, the last step that needs privileges.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "container/syscalls.h"
#include "spec/spec.h"
#include "sys/fault.h"

namespace slipway {

struct SeccompOptions {
  SyscallAbi native = nativeSyscallAbi();
  // Answer ENOSYS to numbers above the highest one the profile names, so that
  // libc falls back where a profile is older than the kernel. Only where the
  // default action refuses.
  bool enosysAboveNamed = false;
};

struct SeccompFilter {
  std::vector<sock_filter> program;
  unsigned flags = 0;  // SECCOMP_FILTER_FLAG_*
};

// By the numbers that plans name them with.
using SeccompFilters = std::map<uint64_t, SeccompFilter>;

std::vector<sock_filter> compileSeccomp(const spec::Seccomp& profile,
                                        const SeccompOptions& options = {});

// SECCOMP_FILTER_FLAG_* of the profile; NEW_LISTENER when a rule notifies.
unsigned seccompFlags(const spec::Seccomp& profile);

// Needs no_new_privs or CAP_SYS_ADMIN. `listener` is set when `flags` ask for
// one. System calls only.
Fault attachSeccomp(std::span<const sock_filter> program, unsigned flags, int* listener = nullptr);

}  // namespace slipway
