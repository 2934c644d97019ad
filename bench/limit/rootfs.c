// SPDX-License-Identifier: Apache-2.0
// The child's file system steps, in order: overlay, the kernel's file systems,
// the three files of /etc, pivot_root, masks.
#define _GNU_SOURCE
#include "limit.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { PATH_SIZE = PATH_MAX };
static const unsigned long nosuid = MS_NOSUID | MS_NODEV | MS_NOEXEC;

static const char* const masked[] = {"/proc/acpi",
                                     "/proc/asound",
                                     "/proc/interrupts",
                                     "/proc/kcore",
                                     "/proc/keys",
                                     "/proc/latency_stats",
                                     "/proc/sched_debug",
                                     "/proc/scsi",
                                     "/proc/timer_list",
                                     "/proc/timer_stats",
                                     "/sys/devices/virtual/powercap",
                                     "/sys/firmware"};
static const char* const read_only[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
                                        "/proc/sysrq-trigger"};

struct node {
  const char* name;
  unsigned major, minor;
};
static const struct node nodes[] = {{"null", 1, 3},   {"zero", 1, 5},    {"full", 1, 7},
                                    {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}};
static const char* const links[][2] = {{"pts/ptmx", "ptmx"},          {"/proc/self/fd", "fd"},
                                       {"/proc/self/fd/0", "stdin"},  {"/proc/self/fd/1", "stdout"},
                                       {"/proc/self/fd/2", "stderr"}, {"/proc/kcore", "core"}};

static char path_buffer[PATH_SIZE];  // one child at a time shares this memory

static const char* under(const char* dir, const char* name) {
  snprintf(path_buffer, sizeof path_buffer, "%s/%s", dir, name);
  return path_buffer;
}

static void mount_at(const char* source, const char* target, const char* type, unsigned long flags,
                     const char* data) {
  check(mount(source, target, type, flags, data), "mount", target);
}

void mount_rootfs(const struct container* box) {
  static char data[3 * PATH_SIZE];
  mount_at(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
  snprintf(data, sizeof data, "lowerdir=%s,upperdir=%s/upper,workdir=%s/work,volatile",
           box->engine->options.root, box->dir, box->dir);
  mount_at("overlay", box->engine->merged, "overlay", 0, data);
  check(chdir(box->engine->merged), "chdir", box->engine->merged);
}

static void make_dev(void) {
  mount_at("tmpfs", "dev", "tmpfs", MS_NOSUID, "mode=755,size=64m");
  for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++) {
    const char* const path = under("dev", nodes[i].name);
    check(mknod(path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)), "mknod", path);
  }
  for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
    check(symlink(links[i][0], under("dev", links[i][1])), "symlink", path_buffer);
  }
  check(mkdir("dev/pts", 0755), "mkdir", "dev/pts");
  check(mkdir("dev/shm", 01777), "mkdir", "dev/shm");
  check(mkdir("dev/mqueue", 01777), "mkdir", "dev/mqueue");
  mount_at("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
           "newinstance,ptmxmode=0666,mode=0620,gid=5");
  mount_at("shm", "dev/shm", "tmpfs", nosuid, "mode=1777,size=64m");
  mount_at("mqueue", "dev/mqueue", "mqueue", nosuid, NULL);
}

static void bind_read_only(const char* source, const char* target) {
  mount_at(source, target, NULL, MS_BIND, NULL);
  mount_at(NULL, target, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | nosuid, NULL);
}

static void mount_cgroups(const struct container* box) {
  const struct cgroups* const all = &box->engine->cgroups;
  if (all->v2) {
    mount_at("cgroup", "sys/fs/cgroup", "cgroup2", nosuid | MS_RDONLY, NULL);
    return;
  }
  mount_at("cgroup", "sys/fs/cgroup", "tmpfs", nosuid, "mode=755");
  for (int i = 0; i < all->count; i++) {
    const char* const target = under("sys/fs/cgroup", all->list[i].controllers);
    check(mkdir(target, 0755), "mkdir", target);
    bind_read_only(box->cgroup.dirs[i], target);
  }
  mount_at(NULL, "sys/fs/cgroup", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | nosuid, NULL);
}

void mount_filesystems(const struct container* box) {
  static const char* const files[] = {"hosts", "hostname", "resolv.conf"};
  mount_at("proc", "proc", "proc", nosuid, NULL);
  make_dev();
  mount_at("sysfs", "sys", "sysfs", nosuid | MS_RDONLY, NULL);
  if (box->engine->options.cgroup) mount_cgroups(box);
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    char source[PATH_SIZE];
    snprintf(source, sizeof source, "%s/%s", box->state, files[i]);
    mount_at(source, under("etc", files[i]), NULL, MS_BIND, NULL);
  }
}

void enter_rootfs(const struct container* box) {
  check(syscall(SYS_pivot_root, ".", "."), "pivot_root", box->engine->merged);
  check(umount2(".", MNT_DETACH), "umount2", "old root");
  check(chdir("/"), "chdir", "/");
}

// A path this kernel does not have needs no mask; a folder takes an empty
// read-only file system because a device cannot cover it.
static void mask_path(const char* path) {
  if (mount("/dev/null", path, NULL, MS_BIND, NULL) == 0 || errno == ENOENT) return;
  if (errno != ENOTDIR) fail("mount", path);
  mount_at("tmpfs", path, "tmpfs", MS_RDONLY, NULL);
}

static void protect_path(const char* path) {
  if (mount(path, path, NULL, MS_BIND | MS_REC, NULL) < 0) {
    if (errno != ENOENT) fail("mount", path);
    return;
  }
  mount_at(NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | nosuid, NULL);
}

void mask_paths(void) {
  static long cpus;
  if (cpus == 0) cpus = sysconf(_SC_NPROCESSORS_CONF);
  for (size_t i = 0; i < sizeof masked / sizeof *masked; i++) mask_path(masked[i]);
  for (long cpu = 0; cpu < cpus; cpu++) {
    snprintf(path_buffer, sizeof path_buffer, "/sys/devices/system/cpu/cpu%ld/thermal_throttle",
             cpu);
    mask_path(path_buffer);
  }
  for (size_t i = 0; i < sizeof read_only / sizeof *read_only; i++) protect_path(read_only[i]);
}

void raise_loopback(void) {
  const int fd = (int)check(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket", "AF_INET");
  struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
  check(ioctl(fd, SIOCSIFFLAGS, &request), "ioctl SIOCSIFFLAGS", "lo");
  close(fd);
}
