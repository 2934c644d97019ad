// SPDX-License-Identifier: Apache-2.0
#include "supervisor/birth.h"

#include "init/report.h"
#include "spec/json.h"
#include "supervisor/children.h"
#include "sys/error.h"
#include "sys/message.h"

namespace slipway {

void reportBirth(int birth, const Child& child) {
  const int pidfd = child.pidfd.get();
  sendMessage(birth, R"({"event":"born","pid":)" + std::to_string(child.pid) + "}",
              std::span(&pidfd, 1));
}

void takeBirth(Slot& slot) {
  Message message;
  bool told = false;
  try {
    told = receiveMessage(slot.birth.get(), message, false) == Received::message;
  } catch (const SysError&) {
    if (!message.data.empty()) slot.pid = bornPid(message.data);
    throw;
  }
  if (!told) throw SysError("fork slot", "recvmsg", "", ECHILD, "the helper ended");
  const json::Document document = json::parse(message.data);
  if (message.fds.empty()) throw readError(document.root().at("error"));
  document.root().require("pid", slot.pid);
  slot.pidfd = std::move(message.fds[0]);
}

}  // namespace slipway
