// SPDX-License-Identifier: Apache-2.0
// A failure where nothing may be allocated: all texts are constants or belong
// to who prepared the call.
#pragma once

#include "sys/error.h"

namespace slipway {

struct Fault {
  const char* step = nullptr;  // null: all went well
  const char* syscall = "";
  const char* path = "";
  int err = 0;  // a positive errno
  const char* hint = "";

  explicit operator bool() const { return step != nullptr; }
};

// From the result of a raw::call, which is -errno where it failed.
inline Fault faultOf(long result, const char* step, const char* syscall, const char* path = "",
                     const char* hint = "") {
  if (result >= 0) return {};
  return {step, syscall, path, static_cast<int>(-result), hint};
}

inline void raise(const Fault& fault) {
  if (fault) throw SysError(fault.step, fault.syscall, fault.path, fault.err, fault.hint);
}

}  // namespace slipway
