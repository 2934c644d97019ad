// SPDX-License-Identifier: Apache-2.0
// The pool of waiting slots: a few of each kind that was asked for, refilled
// when the loop has nothing else to do.
#include <fcntl.h>

#include "container/namespaces.h"
#include "init/report.h"
#include "supervisor/children.h"
#include "supervisor/cleanup.h"
#include "supervisor/supervisor.h"
#include "sys/kernel.h"

namespace slipway {
namespace {

constexpr size_t kKinds = 3;

}  // namespace

std::shared_ptr<CgroupParent> Supervisor::parentFor(const Shape& shape) {
  if (!parent_ || !shape.cgroup) return nullptr;
  if (shape.cgroupParent.empty()) return parent_;
  std::shared_ptr<CgroupParent>& other = otherParents_[shape.cgroupParent];
  if (!other) other = CgroupParent::create(layout_, shape.cgroupParent + "/slipway-" + settings_.id);
  return other;
}

Slot Supervisor::makeSlot(const Shape& shape) {
  return forkSlot(shape, std::to_string(++slotCount_), parentFor(shape), environment_);
}

// Waiting slots of the kind are preferred in the order of their making. Taking
// the last one is a sign that more are needed.
Slot Supervisor::takeSlot(const Shape& shape) {
  const std::string key = shape.key();
  if (key.empty()) return makeSlot(shape);
  PoolKind& kind = kinds_[key];
  kind.shape = shape;
  kind.lastUseNs = monotonicNs();
  if (kind.target == 0) kind.target = settings_.poolMin;
  while (kinds_.size() > kKinds) {
    auto oldest = kinds_.begin();
    for (auto it = kinds_.begin(); it != kinds_.end(); ++it) {
      if (it->second.lastUseNs < oldest->second.lastUseNs) oldest = it;
    }
    oldest->second.target = 0;
    for (auto it = waiting_.begin(); it != waiting_.end();) {
      const bool drop = it->second.key == oldest->first;
      if (drop) dropSlot(it->second);
      it = drop ? waiting_.erase(it) : std::next(it);
    }
    kinds_.erase(oldest);
  }
  for (auto it = waiting_.begin(); it != waiting_.end(); ++it) {
    if (it->second.key != key || !it->second.idle) continue;
    loop_.unwatch(it->second.socket.get());
    Slot slot = std::move(it->second);
    waiting_.erase(it);
    return slot;
  }
  if (kind.target < settings_.poolMax) kind.target++;
  return makeSlot(shape);
}

// One slot a call, so that events never wait for more than one fork.
bool Supervisor::refill() {
  for (auto& [key, kind] : kinds_) {
    size_t have = 0;
    for (const auto& [name, slot] : waiting_) have += slot.key == key ? 1 : 0;
    if (have >= kind.target) continue;
    Slot slot = makeSlot(kind.shape);
    const std::string name = slot.name;
    loop_.watch(slot.socket.get(), [this, name] { poolSlotSaid(name); });
    waiting_.emplace(name, std::move(slot));
    return true;
  }
  return false;
}

// `idle`, or the end of a slot that could not be made ready: that kind is not
// prepared any more, and the next start meets the error itself.
void Supervisor::poolSlotSaid(const std::string& name) {
  Slot& slot = waiting_.at(name);
  Message message;
  if (receiveMessage(slot.socket.get(), message, false) == Received::message &&
      message.data.find(R"("idle")") != std::string::npos) {
    slot.idle = true;
    return;
  }
  kinds_.erase(slot.key);
  dropSlot(slot);
  waiting_.erase(name);
}

void Supervisor::dropSlot(Slot& slot) {
  loop_.unwatch(slot.socket.get());
  slot.socket.reset();
  kernel::pidfdSendSignal(slot.pidfd.get(), SIGKILL);
  reapChild(slot.pidfd.get());
  if (slot.parent) removeCgroup(slot.parent, slot.name);
}

}  // namespace slipway
