// SPDX-License-Identifier: Apache-2.0
#include "runtime/supervise.h"

#include <fcntl.h>
#include <sys/prctl.h>

#include <cstdio>

#include "container/inherited.h"
#include "init/report.h"
#include "supervisor/supervisor.h"

namespace slipway {
namespace {

constexpr int kControl = 3;

EngineSettings readSettings(std::string_view text) {
  const json::Document document = json::parse(text);
  const json::Value root = document.root();
  EngineSettings settings;
  root.require("id", settings.id);
  root.require("root", settings.root);
  root.require("run", settings.run);
  root.read("rootless", settings.rootless);
  root.read("poolMin", settings.poolMin);
  root.read("poolMax", settings.poolMax);
  root.read("failPoint", settings.failPoint);
  return settings;
}

}  // namespace

int supervise() {
  Fd control(kControl);
  fcntl(kControl, F_SETFD, FD_CLOEXEC);
  prctl(PR_SET_NAME, "slipway", 0, 0, 0);
  const int socket = control.get();
  try {
    Message hello;
    if (receiveMessage(socket, hello, true) != Received::message) return 0;
    resetInherited();
    Supervisor(control, readSettings(hello.data)).run();
    return 0;
  } catch (const std::exception& error) {
    const SysError failure = asSysError(error, "supervise");
    // Node may be gone by now; then there is nobody to tell.
    sendMessage(socket, R"({"event":"fatal","error":)" + errorJson(failure) + "}");
    // A socket that is closed with unread requests takes back what it has sent.
    Message unread;
    while (receiveMessage(socket, unread, false) == Received::message) {
    }
    return 1;
  }
}

}  // namespace slipway
