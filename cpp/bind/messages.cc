// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include "bind/error.h"
#include "bind/functions.h"
#include "bind/owned_fds.h"
#include "sys/message.h"

namespace slipway::bind {

Napi::Value send(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return guard(env, [&]() -> Napi::Value {
    const int socket = info[0].As<Napi::Number>();
    const std::string data = info[1].As<Napi::String>().Utf8Value();
    const auto list = info[2].As<Napi::Array>();
    std::vector<int> fds;
    fds.reserve(list.Length());
    for (uint32_t i = 0; i < list.Length(); i++) fds.push_back(list.Get(i).As<Napi::Number>());
    const Sent sent = trySendMessage(socket, data, fds);
    return Napi::String::New(env, sent == Sent::sent   ? "sent"
                                  : sent == Sent::full ? "full"
                                                       : "closed");
  });
}

Napi::Value receive(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return guard(env, [&]() -> Napi::Value {
    Message message;
    Napi::Object result = Napi::Object::New(env);
    try {
      const Received what = receiveMessage(info[0].As<Napi::Number>(), message, false);
      if (what == Received::nothing) return env.Null();
      if (what == Received::closed) return env.Undefined();
    } catch (const SysError& error) {
      if (message.data.empty()) throw;
      message.fds.clear();
      result.Set("failure", toJs(env, error).Value());
    }
    Napi::Array fds = Napi::Array::New(env, message.fds.size());
    for (uint32_t i = 0; i < message.fds.size(); i++)
      fds.Set(i, OwnedFds::of(env).give(message.fds[i].release()));
    result.Set("data", message.data);
    result.Set("fds", fds);
    return result;
  });
}

}  // namespace slipway::bind
