// SPDX-License-Identifier: Apache-2.0
// Filters at work, each in a process of its own: an installed one stays.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

#include "container/seccomp.h"
#include "needs.h"
#include "seccomp_fixture.h"
#include "sys/error.h"
#include "sys/fd.h"

namespace slipway::test {
namespace {

// Runs `body` in a child. Its value is the child's exit code, so that a failed
// expectation there is known here by its number.
int inChild(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    int code = 200;
    try {
      code = body();
    } catch (const std::exception&) {
      code = 201;
    }
    _exit(code);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

bool failsWith(long result, int err) { return result == -1 && errno == err; }

void forbidNewPrivileges() {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) _exit(202);
}

spec::Seccomp allowAllBut(const std::string& name, const std::string& action) {
  spec::Seccomp profile;
  profile.defaultAction = "SCMP_ACT_ALLOW";
  profile.syscalls = {{{name}, action, {}, {}}};
  return profile;
}

TEST(SeccompAttach, RefusesWhatTheBuiltInProfileRefuses) {
  const auto program = compileSeccomp(readProfile("usual"));
  const auto body = [&] {
    forbidNewPrivileges();
    raise(attachSeccomp(program, 0));
    if (!failsWith(syscall(SYS_keyctl, 0, 0, 0, 0, 0), EPERM)) return 1;
    if (!failsWith(syscall(SYS_clone3, nullptr, 0), ENOSYS)) return 2;
    if (!failsWith(unshare(CLONE_NEWUSER), EPERM)) return 3;
    if (!failsWith(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0), EPERM)) return 4;
    if (!failsWith(socket(AF_VSOCK, SOCK_STREAM, 0), EPERM)) return 5;
    if (!failsWith(socket(AF_ALG, SOCK_SEQPACKET, 0), EPERM)) return 6;
    if (!failsWith(personality(ADDR_NO_RANDOMIZE), EPERM)) return 7;
    if (!failsWith(syscall(SYS_mount, 0, 0, 0, 0, 0), EPERM)) return 8;
    return 0;
  };
  EXPECT_EQ(inChild(body), 0);
}

TEST(SeccompAttach, AllowsWhatTheBuiltInProfileAllows) {
  const auto program = compileSeccomp(readProfile("usual"));
  const auto body = [&] {
    forbidNewPrivileges();
    raise(attachSeccomp(program, 0));
    if (getppid() <= 0) return 1;
    if (socket(AF_UNIX, SOCK_STREAM, 0) < 0) return 2;
    if (personality(0xffffffff) < 0) return 3;
    const long child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0) _exit(0);
    if (child < 0 || waitpid(static_cast<pid_t>(child), nullptr, 0) != child) return 4;
    return 0;
  };
  EXPECT_EQ(inChild(body), 0);
}

#ifdef __x86_64__

// A call through the gate of the 32-bit ABI; its answer is negative on failure.
int callI386(int number) {
  int result;
  asm volatile("int $0x80" : "=a"(result) : "a"(number), "b"(0), "c"(0), "d"(0) : "memory");
  return result;
}

TEST(SeccompAttach, FiltersThe32BitAbiByItsOwnNumbers) {
  const auto program = compileSeccomp(readProfile("usual"));
  const auto body = [&] {
    // Kernels without the ABI answer with a signal; then there is nothing to filter.
    if (callI386(20) != getpid()) return 100;
    forbidNewPrivileges();
    raise(attachSeccomp(program, 0));
    if (callI386(20) != getpid()) return 1;
    if (callI386(21) != -EPERM) return 2;    // mount; 21 is access on x86_64
    if (callI386(435) != -ENOSYS) return 3;  // clone3
    return 0;
  };
  const int code = inChild(body);
  SLIPWAY_NEEDS_KIND(code != 100 && code != 1000 + SIGSEGV, "a 32-bit ABI of the kernel");
  EXPECT_EQ(code, 0);
}

TEST(SeccompAttach, KillsA32BitCallThatTheProfileDoesNotAdmit) {
  SLIPWAY_NEEDS_KIND(kOneThread, "processes of one thread, so no ThreadSanitizer");
  spec::Seccomp profile = readProfile("usual");
  profile.architectures.clear();
  const auto program = compileSeccomp(profile);
  const auto body = [&] {
    forbidNewPrivileges();
    raise(attachSeccomp(program, 0));
    return callI386(20) > 0 ? 1 : 2;
  };
  EXPECT_EQ(inChild(body), 1000 + SIGSYS);
}

#endif

int attachError(std::span<const sock_filter> program, unsigned flags) {
  try {
    raise(attachSeccomp(program, flags));
    return 0;
  } catch (const SysError& error) {
    const bool complete = error.step == "seccomp" && error.syscall == "seccomp" &&
                          error.path == "filter" && !error.hint.empty();
    return complete ? error.err : 199;
  }
}

TEST(SeccompAttach, SaysWhatItNeedsWhenItMayNot) {
  const auto program = compileSeccomp(readProfile("usual"));
  const auto body = [&] {
    if (geteuid() == 0 && setuid(65534) != 0) return 198;
    return attachError(program, 0);
  };
  EXPECT_EQ(inChild(body), EACCES);
}

TEST(SeccompAttach, ReportsAFlagTheKernelDoesNotKnow) {
  const auto program = compileSeccomp(readProfile("usual"));
  const auto body = [&] {
    forbidNewPrivileges();
    return attachError(program, 1U << 30);
  };
  EXPECT_EQ(inChild(body), EINVAL);
}

TEST(SeccompAttach, UsesPrctlWhereTheNewerCallIsMissing) {
  spec::Seccomp noSeccomp = allowAllBut("seccomp", "SCMP_ACT_ERRNO");
  noSeccomp.syscalls[0].errnoRet = ENOSYS;
  const auto outer = compileSeccomp(noSeccomp);
  const auto inner = compileSeccomp(allowAllBut("getppid", "SCMP_ACT_ERRNO"));
  const auto body = [&] {
    forbidNewPrivileges();
    raise(attachSeccomp(outer, 0));
    raise(attachSeccomp(inner, 0));
    if (!failsWith(syscall(SYS_getppid), EPERM)) return 1;
    // The flags have no place in the older call.
    return attachError(inner, SECCOMP_FILTER_FLAG_LOG) == ENOSYS ? 0 : 2;
  };
  EXPECT_EQ(inChild(body), 0);
}

TEST(SeccompAttach, TakesTheFlagsOfTheProfile) {
  spec::Seccomp profile = readProfile("usual");
  profile.flags = {"SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
                   "SECCOMP_FILTER_FLAG_TSYNC"};
  const unsigned flags = seccompFlags(profile);
  EXPECT_EQ(flags,
            SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW | SECCOMP_FILTER_FLAG_TSYNC);
  const auto program = compileSeccomp(profile);
  const auto body = [&] {
    forbidNewPrivileges();
    int listener = -1;
    raise(attachSeccomp(program, flags, &listener));
    return listener < 0 ? 0 : 1;
  };
  EXPECT_EQ(inChild(body), 0);
}

TEST(SeccompAttach, RefusesFlagsThatMeanNothing) {
  spec::Seccomp profile = readProfile("usual");
  for (const char* flag : {"SECCOMP_FILTER_FLAG_QUIET", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"}) {
    profile.flags = {flag};
    try {
      seccompFlags(profile);
      ADD_FAILURE() << flag << " was accepted";
    } catch (const SysError& error) {
      EXPECT_EQ(error.err, EINVAL);
      EXPECT_EQ(error.path, flag);
    }
  }
}

// Answers one notification with the value 4242.
bool answer(int listener) {
  seccomp_notif request{};
  if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) != 0) return false;
  seccomp_notif_resp response{};
  response.id = request.id;
  response.val = 4242;
  return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response) == 0;
}

TEST(SeccompAttach, HandsOutTheListenerOfANotifyingProfile) {
  spec::Seccomp profile = allowAllBut("getppid", "SCMP_ACT_NOTIFY");
  profile.flags = {"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", "SECCOMP_FILTER_FLAG_TSYNC"};
  const auto program = compileSeccomp(profile);
  const unsigned flags = seccompFlags(profile);
  EXPECT_TRUE(flags & SECCOMP_FILTER_FLAG_NEW_LISTENER);
  const auto body = [&] {
    forbidNewPrivileges();
    int attached = -1;
    raise(attachSeccomp(program, flags, &attached));
    const Fd listener(attached);
    if (!listener || !(fcntl(listener.get(), F_GETFD) & FD_CLOEXEC)) return 1;
    const pid_t child = fork();
    if (child == 0) _exit(syscall(SYS_getppid) == 4242 ? 7 : 8);
    if (!answer(listener.get())) return 2;
    int status = 0;
    if (waitpid(child, &status, 0) != child) return 3;
    return WEXITSTATUS(status) == 7 ? 0 : 4;
  };
  EXPECT_EQ(inChild(body), 0);
}

}  // namespace
}  // namespace slipway::test
