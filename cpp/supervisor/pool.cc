// SPDX-License-Identifier: Apache-2.0
// The pool of waiting slots: a few of each kind that was asked for lately,
// refilled when the loop has nothing else to do.
#include <algorithm>

#include "init/report.h"
#include "supervisor/children.h"
#include "supervisor/cleanup.h"
#include "supervisor/supervisor.h"
#include "sys/failpoint.h"
#include "sys/kernel.h"

namespace slipway {
namespace {

constexpr size_t kKinds = 3;
constexpr uint64_t kJoinIsCheapNs = 6000000;
constexpr int kCalmMs = 20;

}  // namespace

std::shared_ptr<CgroupParent> Supervisor::parentFor(const Shape& shape) {
  if (!parent_ || !shape.cgroup) return nullptr;
  if (shape.cgroupParent.empty()) {
    parent_->prepare();
    return parent_;
  }
  auto known = otherParents_.find(shape.cgroupParent);
  if (known == otherParents_.end()) {
    const std::string path = shape.cgroupParent + "/slipway-" + settings_.id;
    recordParent(path);
    known = otherParents_.emplace(shape.cgroupParent, CgroupParent::create(layout_, path)).first;
  }
  known->second->prepare();
  return known->second;
}

SlotOrder Supervisor::order(const Shape& shape, const std::string& image) {
  const std::string name = std::to_string(++slotCount_);
  return {shape, name, scopeFolder() + "/" + name, parentFor(shape), image, nullptr, nullptr, {}};
}

std::string Supervisor::kindKey(const std::string& shapeKey, const std::string& image) {
  return shapeKey + "/" + image;
}

Slot Supervisor::newSlot(const Shape& shape, const std::string& image, std::string_view plan) {
  SlotOrder fresh = order(shape, image);
  if (shape.key().empty()) fresh.plan = plan;
  return forkSlot(fresh, environment_);
}

// A waiting slot for the same image, or else one of the same shape, which takes
// its own guess down; or a new one. Finding none is a sign to keep more.
Slot Supervisor::takeSlot(const Shape& shape, const std::string& image, std::string_view plan) {
  const std::string key = shape.key();
  if (key.empty() || settings_.poolMax == 0) return newSlot(shape, image, plan);
  PoolKind& kind = kinds_[kindKey(key, image)];
  if (kind.target == 0) {
    kind.shape = shape;
    kind.image = image;
    kind.sample = Sample::of(readPlan(plan));
    kind.target = settings_.poolMin;
  }
  kind.lastUseNs = monotonicNs();
  forgetOldKinds();
  auto found = waiting_.end();
  for (auto it = waiting_.begin(); it != waiting_.end(); ++it) {
    if (it->second.key != key || !it->second.idle) continue;
    found = it;
    if (it->second.image == image) break;
  }
  if (found == waiting_.end() || found->second.image != image)
    kind.target = std::min(kind.target + 1, settings_.poolMax);
  if (found == waiting_.end()) return newSlot(shape, image, plan);
  loop_.unwatch(found->second.socket.get());
  Slot slot = std::move(found->second);
  waiting_.erase(found);
  if (slot.root && !slot.root->wouldShowWrites()) slot.root.reset();
  return slot;
}

void Supervisor::forgetOldKinds() {
  while (kinds_.size() > kKinds) {
    auto oldest = kinds_.begin();
    for (auto it = kinds_.begin(); it != kinds_.end(); ++it) {
      if (it->second.lastUseNs < oldest->second.lastUseNs) oldest = it;
    }
    dropWaiting(oldest->second);
    forgetKind(oldest->first);
  }
}

void Supervisor::forgetKind(const std::string& key) {
  const auto kind = kinds_.find(key);
  if (kind == kinds_.end()) return;
  for (const KeptRoot& root : kind->second.roots) sweep(root.mounts().dir);
  kinds_.erase(kind);
}

// For the next slot of its kind, when the container left no trace in it.
bool Supervisor::keepRoot(Container& container) {
  Slot& slot = container.slot;
  const auto kind = kinds_.find(kindKey(slot.key, slot.image));
  if (!slot.root || !container.closed || !container.newFolder || kind == kinds_.end()) return false;
  if (kind->second.roots.size() >= settings_.poolMax || !slot.root->isUntouched()) return false;
  kind->second.roots.push_back(std::move(*slot.root));
  return true;
}

void Supervisor::dropWaiting(const PoolKind& kind) {
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    const bool drop = it->second.key == kind.shape.key() && it->second.image == kind.image;
    if (drop) dropSlot(it->second);
    it = drop ? waiting_.erase(it) : std::next(it);
  }
}

// A write to cgroup.procs on an idle machine holds the kernel's cgroup lock for
// milliseconds, until a grace period is over, and the end of a container that
// just started would wait for it. Soon after another such write it is cheap: a
// busy engine refills at once, an idle one when things have calmed down.
void Supervisor::refillSoon() {
  const uint64_t now = monotonicNs();
  lastEventNs_ = now;
  if (now - lastJoinNs_ < kJoinIsCheapNs) {
    loop_.whenIdle([this] { return refill(); });
  } else if (!refillDue_) {
    refillDue_ = true;
    refillLater(kCalmMs);
  }
}

void Supervisor::refillLater(int delayMs) {
  loop_.after(delayMs, [this] {
    const uint64_t calmNs = monotonicNs() - lastEventNs_;
    const bool busy = calmNs < kCalmMs * 1000000u && monotonicNs() - lastJoinNs_ >= kJoinIsCheapNs;
    if (busy) return refillLater(kCalmMs);
    refillDue_ = false;
    loop_.whenIdle([this] { return refill(); });
  });
}

// One slot a call, so that events never wait for more than one fork.
bool Supervisor::refill() {
  for (auto& [key, kind] : kinds_) {
    const std::string shapeKey = kind.shape.key();
    size_t have = 0;
    for (const auto& [name, slot] : waiting_)
      have += slot.key == shapeKey && slot.image == kind.image ? 1 : 0;
    if (have >= kind.target) continue;
    try {
      prepareSlot(kind);
      return true;
    } catch (const std::exception& error) {
      // Out of processes or descriptors, say: starts go on without a slot.
      sendWarning("prepare", asSysError(error, "prepare slot"));
      forgetKind(std::string(key));
      return false;
    }
  }
  return false;
}

void Supervisor::prepareSlot(PoolKind& kind) {
  failPoint("prepare slot");
  SlotOrder next = order(kind.shape, kind.image);
  next.sample = &kind.sample;
  if (!kind.roots.empty()) {
    next.root = &kind.roots.back().mounts();
    next.dir = next.root->dir;
  }
  Slot slot = forkSlot(next, environment_);
  if (next.root != nullptr) {
    slot.root.emplace(std::move(kind.roots.back()));
    kind.roots.pop_back();
  }
  const std::string name = slot.name;
  loop_.watch(slot.socket.get(), [this, name] { poolSlotSaid(name); });
  waiting_.emplace(name, std::move(slot));
}

// `idle`, or the end of a slot that could not be made ready: that kind is not
// prepared any more, and the next start meets the error itself.
void Supervisor::poolSlotSaid(const std::string& name) {
  Slot& slot = waiting_.at(name);
  Message message;
  try {
    failPoint("hear slot");
    if (receiveMessage(slot.socket.get(), message, false) == Received::message &&
        message.data.find(R"("event":"idle")") != std::string::npos)
      return slotIsIdle(slot, message);
  } catch (const std::exception& error) {
    sendWarning("prepare",
                asSysError(error, "prepare slot"));  // no descriptors for its mounts, say
  }
  forgetKind(kindKey(slot.key, slot.image));
  dropSlot(slot);
  waiting_.erase(name);
}

void Supervisor::slotIsIdle(Slot& slot, Message& message) {
  slot.idle = true;
  lastJoinNs_ = monotonicNs();
  if (!slot.root) slot.root = KeptRoot::of(message);
}

void Supervisor::dropSlot(Slot& slot) {
  loop_.unwatch(slot.socket.get());
  slot.socket.reset();
  kernel::pidfdSendSignal(slot.pidfd.get(), SIGKILL);
  collectChild(loop_, std::move(slot.pidfd),
               [this, parent = slot.parent, name = slot.name, dir = slot.dir] {
                 removeSlot(parent, name, dir, 0);
               });
}

// The folder is still the slot's own: its root went with it.
void Supervisor::removeSlot(const std::shared_ptr<CgroupParent>& parent, const std::string& name,
                            const std::string& dir, int tries) {
  try {
    removeCgroup(parent, name, 0);
  } catch (const SysError& error) {
    if (error.err == EBUSY && tries < kRemoveTries)
      return loop_.after(1 << tries, [=, this] { removeSlot(parent, name, dir, tries + 1); });
    sendWarning("remove", error);
    removeLater([parent, name] { removeCgroup(parent, name, 0); });
  }
  sweep(dir);
}

// For folders that nobody waits for.
void Supervisor::sweep(const std::string& dir) {
  try {
    sweeper_.take(dir);
  } catch (const SysError& error) {
    sendWarning("remove", error);
    removeLater([this, dir] { sweeper_.take(dir); });
  }
}

}  // namespace slipway
