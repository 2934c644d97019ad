// SPDX-License-Identifier: Apache-2.0
#include "container/userns.h"

#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>

#include "sys/error.h"
#include "sys/path.h"

namespace slipway {
namespace {

constexpr const char* kStep = "map user namespace";

struct SubIds {
  uint32_t start = 0, count = 0;
};

using Fields = std::vector<std::string>;

// Lines of a small file split at colons. No streams: they would add a quarter
// to the size of a static program.
std::vector<Fields> readRows(const char* path) {
  std::vector<Fields> rows;
  const Fd root(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  const std::string text = readFileInRoot(root.get(), path, 1 << 20, kStep);
  Fields row(1);
  for (const char c : text) {
    if (c == '\n') {
      rows.push_back(std::move(row));
      row.assign(1, "");
    } else if (c == ':') {
      row.emplace_back();
    } else {
      row.back() += c;
    }
  }
  return rows;
}

// /etc/subuid: "name-or-uid:start:count" (subuid(5)).
std::optional<SubIds> subIdsOf(const char* file, uid_t uid, const std::string& name) {
  for (const Fields& row : readRows(file)) {
    if (row.size() != 3 || row[0].empty() || (row[0] != name && row[0] != std::to_string(uid)))
      continue;
    return SubIds{static_cast<uint32_t>(strtoul(row[1].c_str(), nullptr, 10)),
                  static_cast<uint32_t>(strtoul(row[2].c_str(), nullptr, 10))};
  }
  return std::nullopt;
}

// getpwuid(3) of a static program would load NSS modules; the name is only
// needed to match /etc/subuid, so the file is read as it is.
std::string userName(uid_t uid) {
  for (const Fields& row : readRows("/etc/passwd")) {
    if (row.size() >= 3 && row[2] == std::to_string(uid)) return row[0];
  }
  return {};
}

int runMapper(const char* program, pid_t pid, uint32_t own, const SubIds& range) {
  const pid_t child = check(fork(), kStep, "fork");
  if (child == 0) {
    const std::string p = std::to_string(pid), o = std::to_string(own),
                      s = std::to_string(range.start), c = std::to_string(range.count);
    execl(program, program, p.c_str(), "0", o.c_str(), "1", "1", s.c_str(), c.c_str(), nullptr);
    _exit(127);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

bool exists(const char* path) { return access(path, X_OK) == 0; }

// Set-user-ID mappers must act from outside on a process that already is in
// the namespace: a child stays behind and runs them for its parent.
bool mapRanges(uid_t uid, gid_t gid, const SubIds& uids, const SubIds& gids) {
  int ready[2], done[2];
  check(pipe2(ready, O_CLOEXEC), kStep, "pipe2");
  check(pipe2(done, O_CLOEXEC), kStep, "pipe2");
  const Fd readyRead(ready[0]), doneWrite(done[1]);
  Fd readyWrite(ready[1]), doneRead(done[0]);
  const pid_t self = getpid();
  const pid_t mapper = check(fork(), kStep, "fork");
  if (mapper == 0) {
    char byte = 0;
    readyWrite.reset();
    if (read(readyRead.get(), &byte, 1) != 1) _exit(1);
    const bool ok = runMapper("/usr/bin/newuidmap", self, uid, uids) == 0 &&
                    runMapper("/usr/bin/newgidmap", self, gid, gids) == 0;
    _exit(ok ? 0 : 1);
  }
  const int unshared = unshare(CLONE_NEWUSER);
  const int saved = errno;
  if (unshared == 0 && write(readyWrite.get(), "x", 1) != 1)
    throw SysError(kStep, "write", "", errno);
  readyWrite.reset();
  int status = 0;
  while (waitpid(mapper, &status, 0) < 0 && errno == EINTR) {
  }
  if (unshared < 0)
    throw SysError(kStep, "unshare", "", saved,
                   "user namespaces may be switched off (sysctl user.max_user_namespaces)");
  if (status != 0)
    throw SysError(kStep, "newuidmap", "/etc/subuid", EPERM,
                   "newuidmap or newgidmap refused the ranges of /etc/subuid and /etc/subgid");
  return true;
}

void mapSingle(uid_t uid, gid_t gid) {
  if (unshare(CLONE_NEWUSER) < 0) {
    throw SysError(kStep, "unshare", "", errno,
                   "user namespaces may be switched off (sysctl user.max_user_namespaces)");
  }
  writeMappings(0, {{0, uid, 1}}, {{0, gid, 1}}, true);
}

}  // namespace

std::string mappingText(const std::vector<spec::IdMapping>& mappings) {
  std::string text;
  for (const spec::IdMapping& m : mappings) {
    text += std::to_string(m.containerId) + " " + std::to_string(m.hostId) + " " +
            std::to_string(m.size) + "\n";
  }
  return text;
}

void writeMappings(pid_t pid, const std::vector<spec::IdMapping>& uids,
                   const std::vector<spec::IdMapping>& gids, bool denySetgroups) {
  const std::string proc = pid == 0 ? "/proc/self/" : "/proc/" + std::to_string(pid) + "/";
  if (denySetgroups) writeFileAt(AT_FDCWD, proc + "setgroups", "deny", 0, 0, kStep);
  writeFileAt(AT_FDCWD, proc + "uid_map", mappingText(uids), 0, 0, kStep);
  writeFileAt(AT_FDCWD, proc + "gid_map", mappingText(gids), 0, 0, kStep);
}

uint32_t hostId(const std::vector<spec::IdMapping>& mappings, uint32_t containerId,
                const char* what) {
  for (const spec::IdMapping& m : mappings) {
    if (containerId >= m.containerId && containerId - m.containerId < m.size)
      return m.hostId + (containerId - m.containerId);
  }
  throw SysError(kStep, "uid_map", what, EINVAL,
                 "id " + std::to_string(containerId) + " has no mapping");
}

bool enterOwnUserNamespace() {
  const uid_t uid = geteuid();
  const gid_t gid = getegid();
  const std::string name = userName(uid);
  const auto uids = subIdsOf("/etc/subuid", uid, name), gids = subIdsOf("/etc/subgid", uid, name);
  const bool ranges = uids && gids && exists("/usr/bin/newuidmap") && exists("/usr/bin/newgidmap");
  if (ranges) {
    mapRanges(uid, gid, *uids, *gids);
  } else {
    mapSingle(uid, gid);
  }
  check(setresgid(0, 0, 0), kStep, "setresgid");
  check(setresuid(0, 0, 0), kStep, "setresuid");
  return ranges;
}

}  // namespace slipway
