// SPDX-License-Identifier: Apache-2.0
#include "container/userns.h"

#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <functional>
#include <optional>

#include "sys/error.h"
#include "sys/kernel.h"
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

// The number of a child in the /proc that is mounted here: the caller may be in
// a newer pid namespace than that is of.
pid_t pidInProc(int pidfd) {
  const std::string path = "/proc/self/fdinfo/" + std::to_string(pidfd);
  const Fd file(check(open(path.c_str(), O_RDONLY | O_CLOEXEC), kStep, "open", path));
  char text[1024];
  const auto size = check(read(file.get(), text, sizeof text - 1), kStep, "read", path);
  text[size] = '\0';
  const char* line = strstr(text, "\nPid:");
  const long pid = line == nullptr ? 0 : strtol(line + 5, nullptr, 10);
  if (pid <= 0) throw SysError(kStep, "read", path, ESRCH);
  return static_cast<pid_t>(pid);
}

Fd openUserNamespaceOf(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/ns/user";
  return Fd(check(open(path.c_str(), O_RDONLY | O_CLOEXEC), kStep, "open", path));
}

// 340 lines at most (user_namespaces(7)), of three columns of eleven.
constexpr size_t kMaxMapText = 340 * 36;

// The ids outside are those the reader sees.
std::vector<spec::IdMapping> readMappings(const std::string& path) {
  const Fd file(check(open(path.c_str(), O_RDONLY | O_CLOEXEC), kStep, "open", path));
  std::string text(kMaxMapText, '\0');
  text.resize(
      static_cast<size_t>(check(read(file.get(), text.data(), text.size()), kStep, "read", path)));
  std::vector<spec::IdMapping> mappings;
  for (const char* at = text.c_str(); *at != '\0';) {
    char* end = nullptr;
    uint32_t numbers[3];
    for (uint32_t& number : numbers) {
      number = static_cast<uint32_t>(strtoul(at, &end, 10));
      if (end == at) throw SysError(kStep, "read", path, EINVAL);
      at = end;
    }
    mappings.push_back({numbers[0], numbers[1], numbers[2]});
    while (*at == '\n') at++;
  }
  return mappings;
}

// A child that stands still once `first` has run in it, so that its parent can
// look at its namespaces. What `first` throws arrives with its errno alone.
class HeldChild {
 public:
  HeldChild(uint64_t flags, const std::function<void()>& first) {
    int hold[2], ready[2];
    check(pipe2(hold, O_CLOEXEC), kStep, "pipe2");
    const Fd holdRead(hold[0]);
    hold_.reset(hold[1]);
    check(pipe2(ready, O_CLOEXEC), kStep, "pipe2");
    const Fd readyRead(ready[0]);
    Fd readyWrite(ready[1]);
    kernel::CloneArgs args;
    int pidfd = -1;
    args.flags = flags | CLONE_PIDFD;
    args.pidfd = reinterpret_cast<uint64_t>(&pidfd);
    args.exitSignal = SIGCHLD;
    pid_ = check(kernel::clone3(args), kStep, "clone3");
    if (pid_ == 0) stand(first, readyWrite.get(), holdRead.get());
    pidfd_.reset(pidfd);
    readyWrite.reset();
    if (read(readyRead.get(), &failed_, sizeof failed_) != sizeof failed_) failed_ = ECHILD;
  }
  ~HeldChild() {
    hold_.reset();
    int status;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
  }
  HeldChild(const HeldChild&) = delete;
  HeldChild& operator=(const HeldChild&) = delete;

  int pidfd() const { return pidfd_.get(); }
  int failed() const { return failed_; }  // errno of `first`, or 0

 private:
  [[noreturn]] void stand(const std::function<void()>& first, int ready, int hold) {
    hold_.reset();
    int failed = 0;
    try {
      first();
    } catch (const SysError& error) {
      failed = error.err;
    }
    char byte;
    if (write(ready, &failed, sizeof failed) < 0) _exit(1);
    _exit(read(hold, &byte, 1) < 0 ? 1 : 0);
  }

  Fd hold_, pidfd_;
  pid_t pid_ = 0;
  int failed_ = 0;
};

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

Fd makeUserNamespace(const std::vector<spec::IdMapping>& uids,
                     const std::vector<spec::IdMapping>& gids) {
  const HeldChild child(CLONE_NEWUSER, [] {});
  const pid_t shown = pidInProc(child.pidfd());
  writeMappings(shown, uids, gids, false);
  return openUserNamespaceOf(shown);
}

KnownUserNamespace findUserNamespace(const spec::Namespace& wanted, const Neighbours& neighbours) {
  const HeldChild child(0, [&] { joinNamespace(wanted, neighbours); });
  if (child.failed() != 0) throw SysError("join namespace", "setns", wanted.path, child.failed());
  const pid_t shown = pidInProc(child.pidfd());
  const std::string proc = "/proc/" + std::to_string(shown);
  return {openUserNamespaceOf(shown), hostId(readMappings(proc + "/uid_map"), 0, "uid"),
          hostId(readMappings(proc + "/gid_map"), 0, "gid")};
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
