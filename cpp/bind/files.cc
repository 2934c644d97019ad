// SPDX-License-Identifier: Apache-2.0
// Descriptors that never block: pipes, terminals, locks.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bind/error.h"
#include "bind/functions.h"
#include "bind/owned_fds.h"
#include "sys/fd.h"

namespace slipway::bind {
namespace {

void setNonblocking(int fd) {
  const int flags = check(fcntl(fd, F_GETFL), "make pipe", "fcntl");
  check(fcntl(fd, F_SETFL, flags | O_NONBLOCK), "make pipe", "fcntl");
}

}  // namespace

// Only our end does not block: a container's program expects that its does.
Napi::Value pipe(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return guard(env, [&]() -> Napi::Value {
    const bool weRead = info[0].As<Napi::String>().Utf8Value() == "read";
    int ends[2];
    check(pipe2(ends, O_CLOEXEC), "make pipe", "pipe2");
    Fd reader(ends[0]), writer(ends[1]);
    setNonblocking(weRead ? reader.get() : writer.get());
    Napi::Object result = Napi::Object::New(env);
    OwnedFds& owned = OwnedFds::of(env);
    result.Set("ours", owned.give(weRead ? reader.release() : writer.release()));
    result.Set("theirs", owned.give(weRead ? writer.release() : reader.release()));
    return result;
  });
}

Napi::Value closeFd(const Napi::CallbackInfo& info) {
  OwnedFds::of(info.Env()).close(info[0].As<Napi::Number>().Int32Value());
  return info.Env().Undefined();
}

Napi::Value duplicate(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return guard(env, [&]() -> Napi::Value {
    const int fd = info[0].As<Napi::Number>();
    return Napi::Number::New(env,
                             check(fcntl(fd, F_DUPFD_CLOEXEC, 3), "duplicate descriptor", "fcntl"));
  });
}

Napi::Value openNull(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return guard(env, [&]() -> Napi::Value {
    const int fd =
        check(open("/dev/null", O_RDWR | O_CLOEXEC), "open /dev/null", "open", "/dev/null");
    return Napi::Number::New(env, OwnedFds::of(env).give(fd));
  });
}

Napi::Value read(const Napi::CallbackInfo& info) {
  auto buffer = info[1].As<Napi::Uint8Array>();
  ssize_t n;
  do {
    n = ::read(info[0].As<Napi::Number>().Int32Value(), buffer.Data(), buffer.ByteLength());
  } while (n < 0 && errno == EINTR);
  return Napi::Number::New(info.Env(), n < 0 ? -errno : static_cast<double>(n));
}

Napi::Value write(const Napi::CallbackInfo& info) {
  auto buffer = info[1].As<Napi::Uint8Array>();
  const size_t offset = info[2].As<Napi::Number>().Uint32Value();
  ssize_t n;
  do {
    n = ::write(info[0].As<Napi::Number>().Int32Value(), buffer.Data() + offset,
                buffer.ByteLength() - offset);
  } while (n < 0 && errno == EINTR);
  return Napi::Number::New(info.Env(), n < 0 ? -errno : static_cast<double>(n));
}

Napi::Value resize(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return guard(env, [&]() -> Napi::Value {
    const winsize size{static_cast<unsigned short>(info[1].As<Napi::Number>().Uint32Value()),
                       static_cast<unsigned short>(info[2].As<Napi::Number>().Uint32Value()), 0, 0};
    check(ioctl(info[0].As<Napi::Number>().Int32Value(), TIOCSWINSZ, &size), "resize terminal",
          "ioctl", "TIOCSWINSZ");
    return env.Undefined();
  });
}

Napi::Value tryLock(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return guard(env, [&]() -> Napi::Value {
    const std::string mode = info[1].As<Napi::String>().Utf8Value();
    const int operation = mode == "exclusive" ? LOCK_EX : mode == "shared" ? LOCK_SH : LOCK_UN;
    const int result = flock(info[0].As<Napi::Number>().Int32Value(), operation | LOCK_NB);
    if (result < 0 && errno == EWOULDBLOCK) return Napi::Boolean::New(env, false);
    check(result, "lock file", "flock");
    return Napi::Boolean::New(env, true);
  });
}

Napi::Value rlimits(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  constexpr struct {
    const char* name;
    __rlimit_resource resource;
  } rows[] = {{"RLIMIT_NOFILE", RLIMIT_NOFILE},
              {"RLIMIT_NPROC", RLIMIT_NPROC},
              {"RLIMIT_CORE", RLIMIT_CORE}};
  Napi::Object result = Napi::Object::New(env);
  for (const auto& row : rows) {
    rlimit limit{};
    getrlimit(row.resource, &limit);
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("soft", static_cast<double>(limit.rlim_cur));
    entry.Set("hard", static_cast<double>(limit.rlim_max));
    result.Set(row.name, entry);
  }
  return result;
}

}  // namespace slipway::bind
