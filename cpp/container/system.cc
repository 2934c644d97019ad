// SPDX-License-Identifier: Apache-2.0
#include "container/system.h"

#include <fcntl.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "sys/error.h"
#include "sys/fd.h"
#include "sys/kernel.h"
#include "sys/raw.h"

namespace slipway {
namespace {

std::string sysctlPath(const std::string& key) {
  // A key may hold a dot in an interface name when written with slashes.
  std::string path = key;
  if (key.find('/') == std::string::npos) std::replace(path.begin(), path.end(), '.', '/');
  return "sys/" + path;
}

// A way up would lead out of what its first words name.
bool climbs(const std::string& path) { return (path + "/").find("/../") != std::string::npos; }

bool isIpcKey(const std::string& path) {
  constexpr const char* keys[] = {"kernel/msgmax", "kernel/msgmnb",         "kernel/msgmni",
                                  "kernel/sem",    "kernel/shmall",         "kernel/shmmax",
                                  "kernel/shmmni", "kernel/shm_rmid_forced"};
  for (const char* key : keys) {
    if (path == std::string("sys/") + key) return true;
  }
  return path.starts_with("sys/fs/mqueue/");
}

void refuseForeign(const std::string& key, const std::string& path, const OwnNamespaces& own) {
  const bool network = path.starts_with("sys/net/") && !climbs(path);
  const bool ipc = isIpcKey(path) && !climbs(path);
  const bool uts = path == "sys/kernel/hostname" || path == "sys/kernel/domainname";
  if ((network && own.network) || (ipc && own.ipc) || (uts && own.uts)) return;
  const bool known = network || ipc || uts;
  throw SysError("set sysctl", "write", key, EINVAL,
                 known ? "the container shares the namespace of this key with the machine"
                       : "the key belongs to no namespace and would change the machine");
}

}  // namespace

void setHostname(const std::string& hostname, const std::string& domainname) {
  if (!hostname.empty())
    check(sethostname(hostname.data(), hostname.size()), "set hostname", "sethostname", hostname);
  if (!domainname.empty())
    check(setdomainname(domainname.data(), domainname.size()), "set domainname", "setdomainname",
          domainname);
}

void raiseLoopback() {
  constexpr const char* step = "raise loopback";
  const Fd socket(check(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), step, "socket"));
  ifreq request{};
  memcpy(request.ifr_name, "lo", 3);
  request.ifr_flags = IFF_UP;
  check(ioctl(socket.get(), SIOCSIFFLAGS, &request), step, "ioctl", "SIOCSIFFLAGS");
}

void applySysctls(int proc, const std::map<std::string, std::string>& sysctls,
                  const OwnNamespaces& own) {
  constexpr const char* step = "set sysctl";
  for (const auto& [key, value] : sysctls) {
    const std::string path = sysctlPath(key);
    refuseForeign(key, path, own);
    const Fd file(check(kernel::openat2(proc, path.c_str(), O_WRONLY | O_CLOEXEC, 0,
                                        RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV),
                        step, "openat2", key));
    check(write(file.get(), value.data(), value.size()), step, "write", key);
  }
}

Fault newKeyring() {
  // Without a name it is a new one in any case; one of a known name could be
  // waiting there, made by another container (keyctl_join_session_keyring(3)).
  const long result = raw::call(SYS_keyctl, 1 /* KEYCTL_JOIN_SESSION_KEYRING */, nullptr);
  // A kernel without keys has none to hide.
  return result == -ENOSYS ? Fault() : faultOf(result, "new keyring", "keyctl");
}

}  // namespace slipway
