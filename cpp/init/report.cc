// SPDX-License-Identifier: Apache-2.0
#include "init/report.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <span>

#include "spec/json_writer.h"
#include "sys/message.h"
#include "sys/raw.h"

namespace slipway {

uint64_t monotonicNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000u + static_cast<uint64_t>(now.tv_nsec);
}

void StepClock::begin(const char* step) {
  end();
  current_ = step;
  if (failPoint_ == step) throw SysError(step, "failpoint", "", EIO, "injected failure");
}

void StepClock::end() {
  const uint64_t now = monotonicNs();
  if (current_ != nullptr) steps_.emplace_back(current_, now - last_);
  current_ = nullptr;
  last_ = now;
}

Fault watchSupervisor(int socket) {
  constexpr const char* step = "watch supervisor";
  const long asked = raw::call(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
  if (asked < 0) return faultOf(asked, step, "prctl", "PR_SET_PDEATHSIG");
  // Not by poll(2), which refuses more descriptors than RLIMIT_NOFILE allows, and
  // that may be 0 by now.
  char next;
  const long peeked = raw::call(SYS_recvfrom, socket, &next, 1, MSG_PEEK | MSG_DONTWAIT);
  if (peeked == 0 || peeked == -ECONNRESET) raw::call(SYS_exit_group, 125);
  if (peeked < 0 && peeked != -EAGAIN) return faultOf(peeked, step, "recvfrom");
  return {};
}

void dieWithSupervisor(int socket) { raise(watchSupervisor(socket)); }

void reportIdle(int socket, const RootMounts& mounts) {
  json::Writer w;
  w.beginObject().field("event", "idle").field("dir", mounts.dir).key("layers").beginArray();
  for (const auto& [dev, ino] : mounts.layers) w.value(dev).value(ino);
  w.endArray().endObject();
  std::vector<int> fds;
  fds.reserve(mounts.overlays.size());
  for (const Fd& fd : mounts.overlays) fds.push_back(fd.get());
  sendMessage(socket, w.take(), fds);
}

void reportTerminal(int socket, int master) {
  sendMessage(socket, R"({"event":"terminal"})", std::span(&master, 1));
}

void reportReady(int socket, const StepClock& clock, int mountNamespace) {
  json::Writer w;
  w.beginObject().field("event", "ready").key("timings").beginObject();
  for (const auto& [step, ns] : clock.steps()) w.field(step, ns / 1000);
  w.endObject().endObject();
  const std::span<const int> fds(&mountNamespace, mountNamespace < 0 ? 0 : 1);
  sendMessage(socket, w.take(), fds);
}

std::string errorJson(const SysError& error) {
  json::Writer w;
  w.beginObject()
      .field("step", error.step)
      .field("syscall", error.syscall)
      .field("path", error.path)
      .field("errno", error.err)
      .field("hint", error.hint)
      .endObject();
  return w.take();
}

SysError readError(std::string_view text) {
  const json::Document document = json::parse(text);
  return readError(document.root());
}

SysError readError(const json::Value& error) {
  return SysError(error.get<std::string>("step"), error.get<std::string>("syscall"),
                  error.get<std::string>("path"), error.get<int>("errno"),
                  error.get<std::string>("hint"));
}

void reportFailed(int socket, const SysError& error) {
  sendMessage(socket, R"({"event":"failed","error":)" + errorJson(error) + "}");
}

SysError asSysError(const std::exception& error, const char* step) {
  if (const auto* known = dynamic_cast<const SysError*>(&error)) return *known;
  if (const auto* json = dynamic_cast<const json::JsonError*>(&error)) {
    return SysError(step, "parse", json->field, EINVAL, json->message);
  }
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr)
    return SysError(step, "malloc", "", ENOMEM);
  return SysError(step, "", "", EINVAL, error.what());
}

}  // namespace slipway
