// SPDX-License-Identifier: Apache-2.0
// Folders of this supervisor, and those that a killed one left behind. A
// supervisor holds a lock on its folder below `run` as long as it or a child of
// its lives; everything it makes is named after that folder.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "init/report.h"
#include "supervisor/cleanup.h"
#include "supervisor/supervisor.h"
#include "sys/failpoint.h"
#include "sys/life_lock.h"
#include "sys/path.h"

namespace slipway {
namespace {

constexpr const char* kStep = "repair engine";

void makeDirs(const std::string& path, mode_t mode) {
  for (size_t at = 1; at <= path.size(); at++) {
    if (at != path.size() && path[at] != '/') continue;
    const std::string part = path.substr(0, at);
    if (mkdir(part.c_str(), mode) < 0 && errno != EEXIST)
      throw SysError("make engine folders", "mkdir", part, errno);
  }
  struct stat status;
  check(stat(path.c_str(), &status), "make engine folders", "stat", path);
  if (!S_ISDIR(status.st_mode)) throw SysError("make engine folders", "mkdir", path, ENOTDIR);
}

// Nobody holds its life lock, and nobody else is just taking it away: of those
// who repair, one has the other kind of lock.
bool isDead(const Fd& lock) {
  return lock && flock(lock.get(), LOCK_EX | LOCK_NB) == 0 && !isLifeLockHeld(lock.get());
}

void removeCgroupsOf(const CgroupLayout& layout, const std::string& path, int levels) {
  Attempts attempts;
  removeCgroups(attempts, CgroupParent::create(layout, path), levels);
  attempts.finish();
}

// How many of the last folders of a path are in no hierarchy: what this engine
// makes, and takes away again where nobody else uses it by then.
int missingFolders(const CgroupLayout& layout, const std::string& path) {
  int missing = 0;
  for (std::string part = path; !part.empty(); part.resize(part.find_last_of('/'))) {
    for (const CgroupHierarchy& hierarchy : layout.hierarchies) {
      const std::string folder =
          hierarchy.mountPoint + (part[0] == '/' ? part : hierarchy.ownPath + "/" + part);
      if (access(folder.c_str(), F_OK) == 0) return missing;
    }
    missing++;
    if (part.find('/') == std::string::npos) break;
  }
  return missing;
}

// The hierarchy that tells whether an engine lives: not one whose folders must be
// prepared by whoever makes them.
std::string lockFolder(const CgroupLayout& layout, const std::string& place) {
  const CgroupHierarchy* chosen = layout.v2();
  for (const CgroupHierarchy& hierarchy : layout.hierarchies) {
    if (chosen == nullptr && !hierarchy.has("cpuset") && !hierarchy.has("memory"))
      chosen = &hierarchy;
  }
  if (chosen == nullptr) chosen = &layout.hierarchies.front();
  return chosen->mountPoint + place;
}

// The engine's own place and those that a cgroupParent named.
void removeAllCgroups(const CgroupLayout& layout, const std::string& folder,
                      const std::string& place) {
  removeCgroupsOf(layout, place, place[0] == '/' ? 2 : 1);
  const Fd dir(
      check(open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC), kStep, "open", folder));
  const std::string text = readFileInRoot(dir.get(), "parents", 1 << 20, kStep);
  for (const std::string_view line : splitWords(text, '\n')) {
    const size_t space = line.find(' ');
    if (space == std::string_view::npos) continue;  // cut by the end of the machine
    const int levels = static_cast<int>(strtol(std::string(line).c_str(), nullptr, 10));
    removeCgroupsOf(layout, std::string(line.substr(space + 1)), levels);
  }
}

}  // namespace

// The folder of what runs may lie in a place where everybody may make folders:
// one that another user made is not ours to trust.
void Supervisor::makeFolders() {
  makeDirs(settings_.run, 0711);
  failPoint("make engine folders");
  makeDirs(settings_.root + "/scope", 0711);
  struct stat status;
  check(lstat(settings_.run.c_str(), &status), "make engine folders", "lstat", settings_.run);
  if (S_ISDIR(status.st_mode) && status.st_uid == geteuid() && (status.st_mode & 022) == 0) return;
  throw SysError("make engine folders", "lstat", settings_.run, EPERM,
                 "the folder belongs to another user, or others may write to it");
}

// Claimed under a temporary name and then renamed: another supervisor never
// sees the folder without its lock.
void Supervisor::claimFolders() {
  const std::string final = runFolder(), draft = settings_.run + "/." + settings_.id;
  makeDirs(draft, 0700);
  lock_.reset(check(open((draft + "/lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600), kStep,
                    "open", draft));
  if (!holdLifeLock(lock_.get())) throw SysError(kStep, "fcntl", draft, errno);
  failPoint("claim folders");
  check(rename(draft.c_str(), final.c_str()), kStep, "rename", final);
  failPoint("make scope folder");
  makeDirs(settings_.root + "/scope/" + settings_.id, 0711);
}

// Cgroups outside of the engine's own place, one a line with how many of its
// folders are to go with it, written before the first is made.
void Supervisor::recordParent(const std::string& path) {
  const int levels = missingFolders(layout_, path);
  failPoint("record cgroup parent");
  otherLevels_[path] = levels;
  writeFileAt(AT_FDCWD, runFolder() + "/parents", std::to_string(levels) + " " + path + "\n",
              O_CREAT | O_APPEND, 0600, "record cgroup parent");
}

// What cannot be repaired now must not keep this engine from starting: it is
// told, and the next one tries again.
void Supervisor::repairOthers() {
  for (const std::string& id : namesIn(settings_.run, kStep)) {
    try {
      repair(id);
    } catch (const SysError& error) {
      sendWarning("remove", error);
    }
  }
}

// The folder may be a copy of that of an engine that runs elsewhere.
bool Supervisor::hasLivingCgroup(const std::string& id) const {
  const std::string path = lockFolder(layout_, cgroupPlace(id));
  const Fd folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return folder && isLifeLockHeld(folder.get());
}

void Supervisor::repair(const std::string& id) {
  const std::string folder = settings_.run + "/" + id;
  const Fd lock(open((folder + "/lock").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!isDead(lock)) return;
  if (!layout_.hierarchies.empty() && !hasLivingCgroup(id))
    removeAllCgroups(layout_, folder, cgroupPlace(id));
  removeFolder(settings_.root + "/scope/" + id);
  removeFolder(folder);
}

namespace {

// Containers with a user namespace walk through; the mode itself is a mark.
void makeLocked(const std::string& path) {
  makeDirs(path.substr(0, path.rfind('/')), 0755);
  makeDirs(path, 0711);
}

}  // namespace

// Held on the engine's cgroup in one hierarchy, where those of engines whose root
// folder was deleted are found. Another supervisor may take it for dead and away
// before it is locked: then it is made again.
void Supervisor::claimCgroup() {
  const std::string path = lockFolder(layout_, cgroupPlace(settings_.id));
  try {
    makeLocked(path);
  } catch (const SysError& error) {
    // Where no cgroup can be made, none can be lost; images need none, and the
    // start of a container says what is wrong.
    if (error.err == EROFS || error.err == EACCES || error.err == EPERM) return;
    throw;
  }
  for (int attempts = 0; attempts < 100; attempts++) {
    cgroupLock_.reset(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct stat mine, there;
    if (cgroupLock_ && holdLifeLock(cgroupLock_.get()) && fstat(cgroupLock_.get(), &mine) == 0 &&
        stat(path.c_str(), &there) == 0 && mine.st_ino == there.st_ino)
      return;
    usleep(1000);
    makeLocked(path);
  }
  throw SysError("claim cgroup", "fcntl", path, EBUSY);
}

// An ordinary user's are below whatever cgroup was delegated at the time.
void Supervisor::repairLostCgroups() {
  if (settings_.rootless || layout_.hierarchies.empty()) return;
  for (const std::string& id : CgroupParent::create(layout_, "/slipway")->list()) {
    try {
      const std::string place = cgroupPlace(id);
      const Fd lock(open(lockFolder(layout_, place).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      struct stat status;
      // The mode says that whoever made it holds a lock as long as it lives.
      if (!lock || fstat(lock.get(), &status) < 0 || (status.st_mode & 0777) != 0711) continue;
      if (!isDead(lock)) continue;
      removeCgroupsOf(layout_, place, 1);
    } catch (const SysError& error) {
      sendWarning("remove", error);
    }
  }
}

// With those that could not be removed when their containers ended. All of it,
// whatever fails; what is told is the first failure.
void Supervisor::dropScope() {
  Attempts attempts;
  attempts.make([this] { removeFolder(scopeFolder()); });
  if (parent_) removeCgroups(attempts, parent_, 2);
  for (auto& [path, other] : otherParents_)
    removeCgroups(attempts, other, otherLevels_.at(other->path()));
  attempts.finish();
}

// Of a start of the engine that failed, which is what will be told.
void Supervisor::abandonFolders() noexcept {
  try {
    removeFolder(settings_.run + "/." + settings_.id);
    dropScope();
    removeFolder(runFolder());
  } catch (const SysError&) {
    return;  // the next supervisor finds the folder below `run`
  }
}

}  // namespace slipway
