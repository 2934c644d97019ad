// SPDX-License-Identifier: Apache-2.0
// Launching the supervisor and collecting its end.
#include <napi.h>
#include <node_api.h>
#include <sys/wait.h>

#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <system_error>
#include <thread>

#include "bind/error.h"
#include "bind/functions.h"
#include "bind/spawn_runtime.h"

namespace slipway::bind {
namespace {

// The way back to the event loop. Node deletes the function with the environment,
// whoever still has it.
struct Border {
  std::mutex mutex;
  napi_threadsafe_function loop = nullptr;  // null when the environment has ended

  static void close(napi_env, void* data, void*) {
    const std::unique_ptr<std::shared_ptr<Border>> held(
        static_cast<std::shared_ptr<Border>*>(data));
    const std::lock_guard<std::mutex> hold((*held)->mutex);
    (*held)->loop = nullptr;
  }

  // Once.
  bool send(void* data) {
    const std::lock_guard<std::mutex> hold(mutex);
    if (loop == nullptr) return false;
    if (napi_call_threadsafe_function(loop, data, napi_tsfn_nonblocking) != napi_ok) return false;
    napi_release_threadsafe_function(loop, napi_tsfn_release);
    return true;
  }
};

// On a thread of its own for the moment that it takes: those of the pool may all
// wait for files of the program.
class Launch {
 public:
  Launch(Napi::Env env, std::string path)
      : deferred_(Napi::Promise::Deferred::New(env)), path_(std::move(path)) {
    const napi_value name = Napi::String::New(env, "slipway.launch");
    auto* held = std::make_unique<std::shared_ptr<Border>>(border_).release();
    const napi_status made = napi_create_threadsafe_function(
        env, nullptr, nullptr, name, 0, 1, held, Border::close, nullptr, onDone, &border_->loop);
    if (made == napi_ok) return;
    Border::close(env, held, nullptr);
    throw Napi::Error::New(env);
  }

  // Belongs to the thread, then to the event loop, if there is one by then.
  static Napi::Promise begin(std::unique_ptr<Launch> launch) {
    const Napi::Promise promise = launch->deferred_.Promise();
    Launch* self = launch.release();
    try {
      std::thread([self] { self->run(); }).detach();
    } catch (const std::system_error& error) {
      launch.reset(self);
      napi_release_threadsafe_function(self->border_->loop, napi_tsfn_release);
      self->failure_.emplace(kLaunchStep, "pthread_create", "", error.code().value());
      self->settle(promise.Env());
    }
    return promise;
  }

 private:
  void run() {
    try {
      launched_ = launchRuntime(path_);
    } catch (const SysError& error) {
      failure_ = error;
    } catch (const std::bad_alloc&) {
      failure_.emplace(kLaunchStep, "allocate memory", "", ENOMEM);
    }
    const std::shared_ptr<Border> border = border_;  // the loop may be faster
    if (!border->send(this)) abandon(this);
  }

  static void onDone(napi_env env, napi_value, void*, void* data) {
    auto* self = static_cast<Launch*>(data);
    if (env != nullptr && self->isTold(env)) return delete self;
    std::thread(abandon, self).detach();
  }

  // False in an environment that ends meanwhile, as a worker's that is terminated:
  // nothing can be made or thrown there any more.
  bool isTold(Napi::Env env) {
    try {
      settle(env);
      return true;
    } catch (const Napi::Error&) {
      return false;
    }
  }

  // No JavaScript is left to be told. The process ends when its socket does, and
  // must be collected.
  static void abandon(Launch* self) {
    const std::unique_ptr<Launch> owned(self);
    if (!self->launched_.pidfd) return;
    self->launched_.socket.reset();
    siginfo_t info;
    waitid(static_cast<idtype_t>(3), static_cast<id_t>(self->launched_.pidfd.get()), &info,
           WEXITED | __WALL);
  }

  void settle(Napi::Env env) {
    if (failure_) return deferred_.Reject(toJs(env, *failure_).Value());
    Napi::Object result = Napi::Object::New(env);
    result.Set("socket", launched_.socket.get());
    result.Set("pidfd", launched_.pidfd.get());
    result.Set("pid", launched_.pid);
    deferred_.Resolve(result);
    launched_.socket.release();
    launched_.pidfd.release();
  }

  Napi::Promise::Deferred deferred_;
  std::string path_;
  std::shared_ptr<Border> border_ = std::make_shared<Border>();
  Launched launched_;
  std::optional<SysError> failure_;
};

}  // namespace

Napi::Value launch(const Napi::CallbackInfo& info) {
  return Launch::begin(
      std::make_unique<Launch>(info.Env(), info[0].As<Napi::String>().Utf8Value()));
}

Napi::Value reap(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  siginfo_t status{};
  const int result = waitid(static_cast<idtype_t>(3), info[0].As<Napi::Number>().Uint32Value(),
                            &status, WEXITED | WNOHANG | __WALL);
  if (result < 0 || status.si_pid == 0) return env.Null();
  Napi::Object end = Napi::Object::New(env);
  end.Set("exitCode", status.si_code == CLD_EXITED
                          ? Napi::Value(Napi::Number::New(env, status.si_status))
                          : env.Null());
  end.Set("signal", status.si_code == CLD_EXITED
                        ? env.Null()
                        : Napi::Value(Napi::Number::New(env, status.si_status)));
  return end;
}

}  // namespace slipway::bind
