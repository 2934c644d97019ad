// SPDX-License-Identifier: Apache-2.0
#include "bind/error.h"

namespace slipway::bind {

Napi::Error toJs(Napi::Env env, const SysError& error) {
  Napi::Error js = Napi::Error::New(env, error.what());
  js.Set("step", error.step);
  js.Set("syscall", error.syscall);
  js.Set("path", error.path);
  js.Set("errno", Napi::Number::New(env, error.err));
  js.Set("hint", error.hint);
  return js;
}

}  // namespace slipway::bind
