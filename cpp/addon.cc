// SPDX-License-Identifier: Apache-2.0
// The export table of the addon: one line a function.
#include <napi.h>

#include "bind/functions.h"
#include "bind/owned_fds.h"

namespace {

using namespace slipway::bind;

template <Napi::Value (*Function)(const Napi::CallbackInfo&)>
void add(Napi::Object exports, const char* name) {
  exports.Set(name, Napi::Function::New<Function>(exports.Env(), name));
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  OwnedFds::install(env);
  add<launch>(exports, "launch");
  add<reap>(exports, "reap");
  add<send>(exports, "send");
  add<receive>(exports, "receive");
  add<pipe>(exports, "pipe");
  add<closeFd>(exports, "close");
  add<duplicate>(exports, "duplicate");
  add<openNull>(exports, "openNull");
  add<read>(exports, "read");
  add<write>(exports, "write");
  add<resize>(exports, "resize");
  add<tryLock>(exports, "tryLock");
  add<rlimits>(exports, "rlimits");
  exports.Set("Watcher", watcherClass(env));
  return exports;
}

}  // namespace

NODE_API_MODULE(slipway, init)
