// SPDX-License-Identifier: Apache-2.0
// A descriptor on the event loop of the environment that made it (uv_poll):
// nothing waits on the thread pool, and each worker thread has its own loop.
#include <napi.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include <thread>

#include "bind/functions.h"

namespace slipway::bind {
namespace {

class Watcher : public Napi::ObjectWrap<Watcher> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(
        env, "Watcher",
        {InstanceMethod<&Watcher::start>("start"), InstanceMethod<&Watcher::stop>("stop"),
         InstanceMethod<&Watcher::close>("close"), InstanceMethod<&Watcher::ref>("ref"),
         InstanceMethod<&Watcher::unref>("unref")});
  }

  explicit Watcher(const Napi::CallbackInfo& info)
      : Napi::ObjectWrap<Watcher>(info), env_(info.Env()) {
    uv_loop_t* loop = nullptr;
    napi_get_uv_event_loop(env_, &loop);
    poll_ = new uv_poll_t;
    poll_->data = this;
    const int result = uv_poll_init(loop, poll_, info[0].As<Napi::Number>().Int32Value());
    if (result < 0) {
      delete poll_;
      poll_ = nullptr;
      Napi::Error error = Napi::Error::New(env_, std::string("watch: ") + uv_strerror(result));
      error.Set("errno", Napi::Number::New(env_, -result));
      error.Set("syscall", "epoll_ctl");
      error.Set("step", "watch");
      throw error;
    }
    callback_ = Napi::Persistent(info[2].As<Napi::Function>());
    context_ = std::make_unique<Napi::AsyncContext>(env_, "slipway.Watcher");
    fd_ = info[0].As<Napi::Number>().Int32Value();
    if (info.Length() > 3) pidfd_ = info[3].As<Napi::Number>().Int32Value();
    events_ = info[1].As<Napi::String>().Utf8Value() == "write" ? UV_WRITABLE
                                                                : UV_READABLE | UV_DISCONNECT;
    napi_add_env_cleanup_hook(env_, closeHook, this);
  }

  ~Watcher() override { release(); }

 private:
  // A worker thread was terminated: no JavaScript of it runs any more. Closing
  // the socket ends the process behind it, which must be collected.
  static void closeHook(void* data) {
    auto* self = static_cast<Watcher*>(data);
    self->release();
    if (self->pidfd_ < 0) return;
    ::close(self->fd_);
    std::thread([pidfd = self->pidfd_] {
      siginfo_t info;
      waitid(static_cast<idtype_t>(3), static_cast<id_t>(pidfd), &info, WEXITED | __WALL);
      ::close(pidfd);
    }).detach();
  }

  static void onEvent(uv_poll_t* handle, int, int) {
    auto* self = static_cast<Watcher*>(handle->data);
    if (self == nullptr) return;
    const Napi::Env env = self->env_;
    const Napi::HandleScope scope(env);
    // Not Function::MakeCallback: it makes an error object of a failure, which in
    // a thread that is being terminated ends the whole process.
    const napi_value global = env.Global(), callback = self->callback_.Value();
    if (napi_make_callback(env, *self->context_, global, callback, 0, nullptr, nullptr) == napi_ok)
      return;
    napi_value thrown = nullptr;
    bool pending = false;
    if (napi_is_exception_pending(env, &pending) != napi_ok || !pending) return;
    if (napi_get_and_clear_last_exception(env, &thrown) == napi_ok)
      napi_fatal_exception(env, thrown);
  }

  // Idempotent; the handle is freed by the loop once it is closed.
  void release() {
    if (poll_ == nullptr) return;
    napi_remove_env_cleanup_hook(env_, closeHook, this);
    poll_->data = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(poll_),
             [](uv_handle_t* handle) { delete reinterpret_cast<uv_poll_t*>(handle); });
    poll_ = nullptr;
  }

  void start(const Napi::CallbackInfo&) {
    if (poll_ == nullptr || started_) return;
    started_ = true;
    Ref();  // alive while it may call back
    uv_poll_start(poll_, events_, onEvent);
  }
  void stop(const Napi::CallbackInfo&) { halt(); }
  void close(const Napi::CallbackInfo&) {
    halt();
    release();
  }
  void halt() {
    if (!started_) return;
    started_ = false;
    if (poll_ != nullptr) uv_poll_stop(poll_);
    Unref();
  }
  void ref(const Napi::CallbackInfo&) {
    if (poll_ != nullptr) uv_ref(reinterpret_cast<uv_handle_t*>(poll_));
  }
  void unref(const Napi::CallbackInfo&) {
    if (poll_ != nullptr) uv_unref(reinterpret_cast<uv_handle_t*>(poll_));
  }

  Napi::Env env_;
  uv_poll_t* poll_ = nullptr;
  int events_ = 0, fd_ = -1, pidfd_ = -1;
  bool started_ = false;
  Napi::FunctionReference callback_;
  std::unique_ptr<Napi::AsyncContext> context_;
};

}  // namespace

Napi::Function watcherClass(Napi::Env env) { return Watcher::define(env); }

}  // namespace slipway::bind
