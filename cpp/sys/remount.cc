// SPDX-License-Identifier: Apache-2.0
#include "sys/remount.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

#include <algorithm>

#include "sys/error.h"
#include "sys/fd.h"
#include "sys/mountinfo.h"

namespace slipway {
namespace {

using namespace kernel;

// Of 5.10, later than the headers of some build machines.
constexpr unsigned long kMsNosymfollow = 256, kStNosymfollow = 0x2000;

struct Flag {
  uint64_t attribute;
  unsigned long shown, asked;  // by statfs(2), of mount(2)
};

constexpr Flag kFlags[] = {{kAttrRdonly, ST_RDONLY, MS_RDONLY},
                           {kAttrNosuid, ST_NOSUID, MS_NOSUID},
                           {kAttrNodev, ST_NODEV, MS_NODEV},
                           {kAttrNoexec, ST_NOEXEC, MS_NOEXEC},
                           {kAttrNodiratime, ST_NODIRATIME, MS_NODIRATIME},
                           {kAttrNosymfollow, kStNosymfollow, kMsNosymfollow}};

unsigned long accessTime(unsigned long now, const MountAttributes& attributes) {
  uint64_t value = kAttrStrictatime;
  if ((now & ST_NOATIME) != 0) value = kAttrNoatime;
  if ((now & ST_RELATIME) != 0) value = kAttrRelatime;
  if ((attributes.attrClr & kAttrAtimeMask) != 0) value = attributes.attrSet & kAttrAtimeMask;
  if (value == kAttrNoatime) return MS_NOATIME;
  return value == kAttrRelatime ? MS_RELATIME : MS_STRICTATIME;
}

// A remount sets all flags: those that stay are asked for again.
unsigned long flagsAfter(unsigned long now, const MountAttributes& attributes) {
  unsigned long flags = MS_REMOUNT | MS_BIND | accessTime(now, attributes);
  for (const Flag& flag : kFlags) {
    const bool keep = (now & flag.shown) != 0 && (attributes.attrClr & flag.attribute) == 0;
    if (keep || (attributes.attrSet & flag.attribute) != 0) flags |= flag.asked;
  }
  return flags;
}

void change(const char* path, const struct statfs& now, const MountAttributes& attributes,
            const char* step, const std::string& shown) {
  const unsigned long flags = flagsAfter(static_cast<unsigned long>(now.f_flags), attributes);
  check(::mount(nullptr, path, nullptr, flags, nullptr), step, "mount", shown);
}

void remountOne(int mount, const MountAttributes& attributes, const char* step,
                const std::string& shown) {
  struct statfs now{};
  check(fstatfs(mount, &now), step, "fstatfs", shown);
  change(FdPath(mount), now, attributes, step, shown);
}

bool isCovered(const MountRow& row, const std::vector<MountRow>& rows) {
  return std::ranges::any_of(rows, [&](const MountRow& other) {
    return other.parent == row.id && other.id != row.id && other.path == row.path;
  });
}

// The folders on the way may be somebody else's: they can be renamed while this
// runs, so that the name leads elsewhere than to the mount that was listed.
Fd openMount(int top, const std::string& name, uint64_t id, const char* step,
             const std::string& shown) {
  constexpr uint64_t resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  Fd found(check(openat2(top, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC, 0, resolve), step,
                 "openat2", shown));
  if (mountIdOf(found.get(), step, shown) != id)
    throw SysError(step, "openat2", shown, EBUSY,
                   "a mount below it is hidden by another; before Linux 5.12 it cannot be changed");
  return found;
}

void remountBelow(int top, const MountAttributes& attributes, const char* step,
                  const std::string& shown) {
  const std::vector<MountRow> rows = readMountinfo(step);
  const uint64_t id = mountIdOf(top, step, shown);
  const auto self = std::ranges::find(rows, id, &MountRow::id);
  if (self == rows.end()) throw SysError(step, "open", shown, ENOENT, "the mount is not attached");
  const size_t prefix = self->path == "/" ? 1 : self->path.size() + 1;
  const std::string folder = shown + "/";
  for (const MountRow& row : mountsBelow(rows, id)) {
    if (isCovered(row, rows)) continue;
    const std::string name = row.path.size() > prefix ? row.path.substr(prefix) : ".";
    const std::string path = folder + name;
    const Fd below = openMount(top, name, row.id, step, path);
    remountOne(below.get(), attributes, step, path);
  }
}

bool changesFlags(const MountAttributes& attributes) {
  return attributes.attrSet != 0 || attributes.attrClr != 0;
}

}  // namespace

void remount(int mount, const MountAttributes& attributes, bool recursive, const char* step,
             const std::string& shown) {
  if ((attributes.attrSet & kAttrIdmap) != 0)
    throw SysError(step, "mount_setattr", shown, ENOSYS, "id-mapped mounts need Linux 5.12");
  if (changesFlags(attributes)) {
    remountOne(mount, attributes, step, shown);
    if (recursive) remountBelow(mount, attributes, step, shown);
  }
  if (attributes.propagation == 0) return;
  const unsigned long all = recursive ? MS_REC : 0;
  check(::mount(nullptr, FdPath(mount), nullptr, attributes.propagation | all, nullptr), step,
        "mount", shown);
}

void remountRoot(const MountAttributes& attributes, const char* step) {
  struct statfs now{};
  check(statfs("/", &now), step, "statfs", "/");
  change("/", now, attributes, step, "/");
}

}  // namespace slipway
