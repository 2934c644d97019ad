// SPDX-License-Identifier: Apache-2.0
#include "container/devices.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <string>

#include "sys/detached_mount.h"
#include "sys/error.h"
#include "sys/mountinfo.h"
#include "sys/path.h"

namespace slipway {
namespace {

constexpr const char* kStep = "make device";

struct DefaultNode {
  const char* name;
  unsigned major, minor;
};

constexpr DefaultNode kDefaultNodes[] = {{"null", 1, 3},   {"zero", 1, 5},    {"full", 1, 7},
                                         {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}};

struct DefaultLink {
  const char *name, *target;
};

constexpr DefaultLink kDefaultLinks[] = {
    {"fd", "/proc/self/fd"},       {"stdin", "/proc/self/fd/0"}, {"stdout", "/proc/self/fd/1"},
    {"stderr", "/proc/self/fd/2"}, {"ptmx", "pts/ptmx"},         {"core", "/proc/kcore"}};

mode_t typeBits(const spec::Device& device) {
  if (device.type == "b") return S_IFBLK;
  if (device.type == "p") return S_IFIFO;
  if (device.type == "c" || device.type == "u") return S_IFCHR;
  throw SysError(kStep, "mknodat", device.path, EINVAL, "device type must be one of c b u p");
}

struct Place {
  Fd folder;
  std::string name;
};

// What is there already of the way to `folder`.
Fd openExisting(int root, std::string folder) {
  for (;;) {
    Fd found = tryOpenInRoot(root, folder, O_PATH | O_DIRECTORY, kStep, Links::refuse);
    if (found || folder == "/") return found;
    const size_t slash = folder.rfind('/');
    folder = slash == 0 ? "/" : folder.substr(0, slash);
  }
}

// Nodes are made with the machine's rights, and replace what has their name:
// never in a folder of the machine that a volume has put there.
void refuseOtherMount(int root, const std::string& folder, const std::string& path,
                      const std::vector<uint64_t>& allowed) {
  const uint64_t mount = mountIdOf(openExisting(root, folder).get(), kStep, path);
  if (std::ranges::find(allowed, mount) == allowed.end())
    throw SysError(kStep, "mknodat", path, EXDEV, "another mount covers the folder of the device");
}

Place placeOf(int root, const std::string& path, const std::vector<uint64_t>& allowed) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos || slash + 1 == path.size() || path.substr(slash + 1) == "..") {
    throw SysError(kStep, "mknodat", path, EINVAL, "a device path is absolute and names a file");
  }
  const std::string parent = slash == 0 ? "/" : path.substr(0, slash);
  refuseOtherMount(root, parent, path, allowed);
  return {makeDirInRoot(root, parent, kStep, Links::refuse), path.substr(slash + 1)};
}

void bindNode(int folder, const std::string& name, const std::string& path) {
  const Fd source = cloneMount(AT_FDCWD, path, false, kStep);
  const int made = openat(folder, name.c_str(), O_CREAT | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (made < 0 && errno != EEXIST) throw SysError(kStep, "openat", path, errno);
  const Fd close(made);
  const Fd target(
      check(openat(folder, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC), kStep, "openat", path));
  attachMount(source.get(), target.get(), kStep, path);
}

// Whatever the image holds under that name is replaced: a link there would
// choose another file, another node another device.
void makeNode(int folder, const std::string& name, const std::string& path, mode_t mode,
              dev_t device, uid_t uid, gid_t gid) {
  if (mknodat(folder, name.c_str(), mode, device) < 0) {
    if (errno != EEXIST) throw SysError(kStep, "mknodat", path, errno);
    check(unlinkat(folder, name.c_str(), 0), kStep, "unlinkat", path);
    check(mknodat(folder, name.c_str(), mode, device), kStep, "mknodat", path);
  }
  if (uid != 0 || gid != 0)
    check(fchownat(folder, name.c_str(), uid, gid, AT_SYMLINK_NOFOLLOW), kStep, "fchownat", path);
}

void makeDefaults(int root, bool bindNodes) {
  const Fd dev = makeDirInRoot(root, "/dev", kStep, Links::refuse);
  for (const DefaultNode& node : kDefaultNodes) {
    const std::string path = std::string("/dev/") + node.name;
    if (bindNodes) {
      bindNode(dev.get(), node.name, path);
    } else {
      makeNode(dev.get(), node.name, path, S_IFCHR | 0666, makedev(node.major, node.minor), 0, 0);
    }
  }
  for (const DefaultLink& link : kDefaultLinks) {
    if (symlinkat(link.target, dev.get(), link.name) == 0) continue;
    if (errno != EEXIST)
      throw SysError(kStep, "symlinkat", std::string("/dev/") + link.name, errno);
  }
}

std::vector<uint64_t> mountsFor(int root, const std::vector<spec::Device>& devices,
                                const DeviceOptions& options) {
  std::vector<uint64_t> mounts = options.ownMounts;
  if (devices.empty() || !options.defaults) return mounts;
  const Fd dev = openInRoot(root, "/dev", O_PATH | O_DIRECTORY, kStep, Links::refuse);
  mounts.push_back(mountIdOf(dev.get(), kStep, "/dev"));
  return mounts;
}

}  // namespace

void makeDevices(int root, const std::vector<spec::Device>& devices, const DeviceOptions& options) {
  const bool bindNodes = options.bindNodes;
  const mode_t mask = umask(0);
  if (options.defaults) makeDefaults(root, bindNodes);
  const std::vector<uint64_t> allowed = mountsFor(root, devices, options);
  for (const spec::Device& device : devices) {
    const Place place = placeOf(root, device.path, allowed);
    if (bindNodes && device.type != "p") {
      bindNode(place.folder.get(), place.name, device.path);
      continue;
    }
    makeNode(place.folder.get(), place.name, device.path,
             typeBits(device) | (device.fileMode.value_or(0666) & 07777),
             makedev(static_cast<unsigned>(device.major), static_cast<unsigned>(device.minor)),
             device.uid.value_or(0), device.gid.value_or(0));
  }
  umask(mask);
}

}  // namespace slipway
