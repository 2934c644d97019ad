// SPDX-License-Identifier: Apache-2.0
// The one place where a failure of the core becomes a JavaScript exception.
#pragma once

#include <napi.h>

#include <utility>

#include "sys/error.h"

namespace slipway::bind {

// The record that lib/errors.ts turns into an error: { step, syscall, path,
// errno, hint } on a plain Error.
Napi::Error toJs(Napi::Env env, const SysError& error);

template <class Body>
Napi::Value guard(Napi::Env env, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (const SysError& error) {
    throw toJs(env, error);
  }
}

}  // namespace slipway::bind
