// SPDX-License-Identifier: Apache-2.0
// Every function of the addon; documented where TypeScript declares them
// (lib/native.ts).
#pragma once

#include <napi.h>

namespace slipway::bind {

Napi::Value launch(const Napi::CallbackInfo& info);
Napi::Value reap(const Napi::CallbackInfo& info);
Napi::Value send(const Napi::CallbackInfo& info);
Napi::Value receive(const Napi::CallbackInfo& info);
Napi::Value pipe(const Napi::CallbackInfo& info);
Napi::Value closeFd(const Napi::CallbackInfo& info);
Napi::Value duplicate(const Napi::CallbackInfo& info);
Napi::Value openNull(const Napi::CallbackInfo& info);
Napi::Value read(const Napi::CallbackInfo& info);
Napi::Value write(const Napi::CallbackInfo& info);
Napi::Value resize(const Napi::CallbackInfo& info);
Napi::Value tryLock(const Napi::CallbackInfo& info);
Napi::Value rlimits(const Napi::CallbackInfo& info);
Napi::Function watcherClass(Napi::Env env);

}  // namespace slipway::bind
