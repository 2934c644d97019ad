// SPDX-License-Identifier: Apache-2.0
#include "container/mounts.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "container/userns.h"
#include "image/copy_tree.h"
#include "sys/detached_mount.h"
#include "sys/error.h"
#include "sys/kernel.h"
#include "sys/path.h"

namespace slipway {
namespace {

constexpr const char* kStep = "mount";
constexpr const char* kShm = "/dev/shm";

bool isKernelFileSystem(const std::string& type) {
  return type == "proc" || type == "sysfs" || type == "tmpfs" || type == "devpts" ||
         type == "mqueue";
}

// A mask, a /proc or a device of the engine must not land on what a link of the
// image chose, which may be inside a volume.
Links linksFor(const spec::Mount& mount) {
  const bool isDev = mount.destination == "/dev" || mount.destination.starts_with("/dev/");
  return isDev || mount.type == "proc" || mount.type == "sysfs" ? Links::refuse : Links::follow;
}

void idmap(const PreparedMount& prepared) {
  const spec::Mount& mount = *prepared.mount;
  kernel::MountAttributes attributes;
  attributes.attrSet = kernel::kAttrIdmap;
  const Fd mapping = makeUserNamespace(mount.uidMappings, mount.gidMappings);
  attributes.usernsFd = static_cast<uint64_t>(mapping.get());
  setMountAttributes(prepared.source.get(), attributes, prepared.options.idmapRecursive,
                     "idmap mount", mount.destination);
}

void prepareBind(PreparedMount& prepared) {
  const spec::Mount& mount = *prepared.mount;
  if (!prepared.options.superblock.empty()) {
    throw SysError(
        kStep, "open_tree", mount.destination, EINVAL,
        "option " + prepared.options.superblock.front().first + " is not for bind mounts");
  }
  prepared.source = cloneMount(AT_FDCWD, mount.source, prepared.options.recursive, kStep);
  struct stat status;
  check(fstat(prepared.source.get(), &status), kStep, "fstat", mount.source);
  prepared.sourceIsFolder = S_ISDIR(status.st_mode);
  if (isIdmapped(mount, prepared.options)) idmap(prepared);
}

// A mount can be copied only from inside its own namespace (before 6.15). The
// path is resolved there without links: its owner is a container.
Fd shmOf(int pidfd) {
  constexpr const char* step = "share /dev/shm";
  const Fd own(
      check(open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC), step, "open", "/proc/self/ns/mnt"));
  check(setns(pidfd, CLONE_NEWNS), step, "setns", "mnt");
  const Fd root(check(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), step, "open", "/"));
  const Fd found = openInRoot(root.get(), kShm, O_PATH | O_DIRECTORY, step, Links::refuse);
  Fd copy = cloneMount(found.get(), false, step, kShm);
  check(setns(own.get(), CLONE_NEWNS), step, "setns", "/proc/self/ns/mnt");
  return copy;
}

std::vector<AttributeChange> changesOf(const MountOptions& options) {
  std::vector<AttributeChange> changes;
  if (options.recSet != 0 || options.recClr != 0)
    changes.push_back({{.attrSet = options.recSet, .attrClr = options.recClr}, true});
  if (options.attrSet != 0 || options.attrClr != 0)
    changes.push_back({{.attrSet = options.attrSet, .attrClr = options.attrClr}, false});
  // open_tree(2) keeps the propagation of the source; a container's mount is
  // private unless asked otherwise.
  const uint64_t propagation =
      options.propagation != 0 ? options.propagation : uint64_t{MS_PRIVATE};
  const bool recursive = options.propagation == 0 || options.propagationRecursive;
  changes.push_back({{.propagation = propagation}, recursive});
  return changes;
}

Fd makeFileSystem(const spec::Mount& mount, const MountOptions& options) {
  FsContext fs(mount.type, kStep, mount.destination);
  if (!mount.source.empty()) fs.set("source", mount.source);
  for (const auto& [key, value] : options.superblock) {
    if (mount.type == "devpts" && key == "newinstance") continue;  // always so since 4.7
    fs.set(key, value);
  }
  const bool readonly = (options.attrSet & kernel::kAttrRdonly) != 0;
  if (readonly && !isKernelFileSystem(mount.type)) fs.set("ro", std::nullopt);
  const uint64_t late = options.copyUp ? uint64_t{kernel::kAttrRdonly} : 0;
  return fs.mount(options.attrSet & ~late);
}

bool isSameFolder(int a, int b, const std::string& path) {
  struct stat first, second;
  check(fstat(a, &first), kStep, "fstat", path);
  check(fstat(b, &second), kStep, "fstat", path);
  return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

// The engine replaces what is in /dev, with the machine's rights, and exec enters
// whatever covers the root: no link of the image may lead a mount there that
// somebody wanted elsewhere.
void refuseLed(int root, int target, const std::string& destination) {
  if (destination == "/dev") return;
  const Fd dev = tryOpenInRoot(root, "/dev", O_PATH | O_DIRECTORY, kStep, Links::refuse);
  const bool toDev = dev && isSameFolder(target, dev.get(), destination);
  if (toDev || isSameFolder(target, root, destination))
    throw SysError(kStep, "openat2", destination, ELOOP,
                   toDev ? "a link of the image leads to /dev" : "a link of the image leads to /");
}

void performFileSystem(int root, PreparedMount& prepared, Fd ready) {
  const spec::Mount& mount = *prepared.mount;
  const Fd target = makeDirInRoot(root, mount.destination, kStep, linksFor(mount));
  if (linksFor(mount) == Links::follow) refuseLed(root, target.get(), mount.destination);
  const Fd made = ready ? std::move(ready) : makeFileSystem(mount, prepared.options);
  if (prepared.options.copyUp) {
    const Fd source = openInRoot(root, mount.destination, O_RDONLY | O_DIRECTORY, "tmpcopyup");
    copyTree(source.get(), made.get(), {});
  }
  MountOptions rest = prepared.options;
  if (!rest.copyUp) rest.attrSet = rest.attrClr = 0;
  const bool changed = rest.propagation != 0 || rest.recSet != 0 || rest.recClr != 0 || rest.copyUp;
  attachMount(made.get(), target.get(), changed ? changesOf(rest) : std::vector<AttributeChange>(),
              kStep, mount.destination);
}

void performBind(int root, PreparedMount& prepared) {
  const std::string& destination = prepared.mount->destination;
  const Fd target = prepared.sourceIsFolder ? makeDirInRoot(root, destination, kStep)
                                            : makeFileInRoot(root, destination, kStep);
  if (prepared.sourceIsFolder) refuseLed(root, target.get(), destination);
  attachMount(prepared.source.get(), target.get(), changesOf(prepared.options), kStep, destination);
  prepared.source.reset();
}

}  // namespace

bool isIdmapped(const spec::Mount& mount, const MountOptions& options) {
  return options.idmap || !mount.uidMappings.empty() || !mount.gidMappings.empty();
}

std::vector<PreparedMount> prepareMounts(const std::vector<spec::Mount>& mounts, int shmFrom) {
  std::vector<PreparedMount> prepared;
  prepared.reserve(mounts.size());
  for (const spec::Mount& mount : mounts) {
    PreparedMount& next = prepared.emplace_back();
    next.mount = &mount;
    next.options = parseMountOptions(mount.options);
    if (mount.type == "bind") next.options.bind = true;
    if (shmFrom >= 0 && mount.destination == kShm) {
      next.options = {};
      next.options.bind = true;
      next.source = shmOf(shmFrom);
    } else if (next.options.bind) {
      prepareBind(next);
    }
  }
  return prepared;
}

bool canPrepare(const spec::Mount& mount) {
  return isKernelFileSystem(mount.type) && !parseMountOptions(mount.options).bind;
}

Fd makeFileSystem(const spec::Mount& mount) {
  return makeFileSystem(mount, parseMountOptions(mount.options));
}

void performMount(const MountContext& context, PreparedMount& prepared, Fd ready) {
  if (prepared.options.bind) return performBind(context.root, prepared);
  const std::string& type = prepared.mount->type;
  if (type == "cgroup" || type == "cgroup2") {
    return mountCgroups(context.root, *prepared.mount, prepared.options, context.cgroups,
                        context.ownCgroupNamespace);
  }
  performFileSystem(context.root, prepared, std::move(ready));
}

}  // namespace slipway
