// SPDX-License-Identifier: Apache-2.0
// Docker's fourteen capabilities and a seccomp filter made by the harness.
#define _GNU_SOURCE
#include "limit.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BIT(capability) (1ULL << (capability))
static const uint64_t kept =
    BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FSETID) | BIT(CAP_FOWNER) | BIT(CAP_MKNOD) |
    BIT(CAP_NET_RAW) | BIT(CAP_SETGID) | BIT(CAP_SETUID) | BIT(CAP_SETFCAP) | BIT(CAP_SETPCAP) |
    BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_SYS_CHROOT) | BIT(CAP_KILL) | BIT(CAP_AUDIT_WRITE);

struct sock_fprog load_seccomp(const char* path) {
  struct sock_fprog program = {0};
  if (!path) return program;
  const int fd = (int)check(open(path, O_RDONLY | O_CLOEXEC), "open", path);
  struct stat info;
  check(fstat(fd, &info), "fstat", path);
  program.len = (unsigned short)((size_t)info.st_size / sizeof(struct sock_filter));
  program.filter = malloc((size_t)info.st_size);
  if (read(fd, program.filter, (size_t)info.st_size) != info.st_size) fail("read", path);
  close(fd);
  return program;
}

// EINVAL marks the end of the capabilities this kernel knows.
static void drop_bounding(void) {
  for (int capability = 0; capability < 64; capability++) {
    if (kept & BIT(capability)) continue;
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) continue;
    if (errno == EINVAL) return;
    fail("prctl", "PR_CAPBSET_DROP");
  }
}

static void set_capabilities(void) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2] = {
      {(uint32_t)kept, (uint32_t)kept, 0},
      {(uint32_t)(kept >> 32), (uint32_t)(kept >> 32), 0},
  };
  check(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "prctl", "PR_CAP_AMBIENT");
  check(syscall(SYS_capset, &header, data), "capset", "");
}

// The filter goes in before CAP_SYS_ADMIN is gone: Docker does not set
// no_new_privs, and without it the kernel asks for that capability.
void drop_privileges(const struct sock_fprog* filter) {
  drop_bounding();
  check(syscall(SYS_setgroups, 0, NULL), "setgroups", "");
  check(syscall(SYS_setresgid, 0, 0, 0), "setresgid", "0");
  check(syscall(SYS_setresuid, 0, 0, 0), "setresuid", "0");
  if (filter->len > 0)
    check(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, filter), "seccomp", "");
  set_capabilities();
}
