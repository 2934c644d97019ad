// SPDX-License-Identifier: Apache-2.0
// One cgroup a container: memory 256 MiB, one CPU, 128 processes, Docker's
// devices. On v1 a folder in each of seven hierarchies, on v2 one folder.
#define _GNU_SOURCE
#include "limit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

static const char* const wanted[MAX_HIERARCHIES] = {"cpu",     "cpuacct", "memory", "pids",
                                                    "devices", "freezer", "blkio"};
static const char* const devices[] = {"c *:* m",   "b *:* m",    "c 1:3 rwm", "c 1:5 rwm",
                                      "c 1:7 rwm", "c 1:8 rwm",  "c 1:9 rwm", "c 5:0 rwm",
                                      "c 5:2 rwm", "c 136:* rwm"};

// cgroup files take one write and never O_CREAT.
static void write_knob(const char* dir, const char* file, const char* value) {
  char path[MAX_CGROUP_PATH + 96];
  snprintf(path, sizeof path, "%s/%s", dir, file);
  const int fd = (int)check(open(path, O_WRONLY | O_CLOEXEC), "open", path);
  check(write(fd, value, strlen(value)), value, path);
  close(fd);
}

static bool has_word(const char* list, const char* word) {
  const size_t length = strlen(word);
  for (const char* at = list; (at = strstr(at, word)); at += length) {
    if ((at == list || at[-1] == ',') && (at[length] == ',' || at[length] == '\0')) return true;
  }
  return false;
}

// The line of /proc/self/cgroup for this set of controllers: "4:memory:/path".
static void own_path(const char* controllers, char* path, size_t size) {
  FILE* file = fopen("/proc/self/cgroup", "re");
  if (!file) fail("open", "/proc/self/cgroup");
  char line[MAX_CGROUP_PATH];
  path[0] = '\0';
  while (fgets(line, sizeof line, file)) {
    line[strcspn(line, "\n")] = '\0';
    char* names = strchr(line, ':') + 1;
    char* own = strchr(names, ':');
    *own++ = '\0';
    if (strcmp(names, controllers) == 0)
      snprintf(path, size, "%s", strcmp(own, "/") == 0 ? "" : own);
  }
  fclose(file);
}

static void add_hierarchy(struct cgroups* all, const char* mount_point, const char* options,
                          const char* name) {
  const char* const controllers = strncmp(options, "rw,", 3) == 0 ? options + 3 : options;
  for (int i = 0; i < MAX_HIERARCHIES; i++) {
    if (!has_word(controllers, wanted[i])) continue;
    if (all->count == MAX_HIERARCHIES) return;
    struct hierarchy* const added = &all->list[all->count++];
    char own[MAX_CGROUP_PATH / 2];
    own_path(controllers, own, sizeof own);
    snprintf(added->controllers, sizeof added->controllers, "%.120s", controllers);
    snprintf(added->base, sizeof added->base, "%.256s%.500s/%.128s", mount_point, own, name);
    return;
  }
}

static void find_v1(struct cgroups* all, const char* name) {
  FILE* file = fopen("/proc/self/mounts", "re");
  if (!file) fail("open", "/proc/self/mounts");
  char line[4096], mount_point[1024], type[64], options[1024];
  while (fgets(line, sizeof line, file)) {
    if (sscanf(line, "%*s %1023s %63s %1023s", mount_point, type, options) != 3) continue;
    char* const relatime = strstr(options, "relatime,");
    if (relatime) memmove(relatime, relatime + 9, strlen(relatime + 9) + 1);
    if (strcmp(type, "cgroup") == 0) add_hierarchy(all, mount_point, options, name);
  }
  fclose(file);
  if (all->count == 0) {
    errno = ENOENT;
    fail("find cgroup controllers", "/proc/self/mounts");
  }
}

void open_cgroups(struct cgroups* all, const char* name) {
  struct statfs info;
  check(statfs("/sys/fs/cgroup", &info), "statfs", "/sys/fs/cgroup");
  all->v2 = info.f_type == CGROUP2_SUPER_MAGIC;
  all->memsw = access("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes", F_OK) == 0;
  if (all->v2) {
    all->count = 1;
    snprintf(all->list[0].base, sizeof all->list[0].base, "/sys/fs/cgroup/%s", name);
    write_knob("/sys/fs/cgroup", "cgroup.subtree_control", "+cpu +memory +pids");
    all->device_program = load_device_program();
  } else {
    find_v1(all, name);
  }
  for (int i = 0; i < all->count; i++) {
    if (mkdir(all->list[i].base, 0755) < 0 && errno != EEXIST) fail("mkdir", all->list[i].base);
  }
  if (all->v2) write_knob(all->list[0].base, "cgroup.subtree_control", "+cpu +memory +pids");
}

void close_cgroups(const struct cgroups* all) {
  for (int i = 0; i < all->count; i++) {
    if (rmdir(all->list[i].base) == 0 || errno == EBUSY || errno == ENOENT) continue;
    fail("rmdir", all->list[i].base);
  }
}

static void limit_v1(const struct cgroups* all, const char* controllers, const char* dir) {
  if (has_word(controllers, "memory")) {
    write_knob(dir, "memory.limit_in_bytes", "268435456");
    if (all->memsw) write_knob(dir, "memory.memsw.limit_in_bytes", "536870912");
  }
  if (has_word(controllers, "cpu")) {
    write_knob(dir, "cpu.cfs_period_us", "100000");
    write_knob(dir, "cpu.cfs_quota_us", "100000");
  }
  if (has_word(controllers, "pids")) write_knob(dir, "pids.max", "128");
  if (!has_word(controllers, "devices")) return;
  write_knob(dir, "devices.deny", "a");
  for (size_t i = 0; i < sizeof devices / sizeof *devices; i++)
    write_knob(dir, "devices.allow", devices[i]);
}

static void limit_v2(const struct cgroups* all, const char* dir, int dir_fd) {
  write_knob(dir, "memory.max", "268435456");
  write_knob(dir, "cpu.max", "100000 100000");
  write_knob(dir, "pids.max", "128");
  attach_device_program(all->device_program, dir_fd);
}

void create_cgroup(const struct cgroups* all, struct cgroup* group, int id) {
  group->dir_fd = -1;
  for (int i = 0; i < all->count; i++) {
    char* const dir = group->dirs[i];
    snprintf(dir, sizeof group->dirs[i], "%s/%d-%d", all->list[i].base, (int)getpid(), id);
    check(mkdir(dir, 0755), "mkdir", dir);
    if (!all->v2) limit_v1(all, all->list[i].controllers, dir);
  }
  if (!all->v2) return;
  group->dir_fd =
      (int)check(open(group->dirs[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open", group->dirs[0]);
  limit_v2(all, group->dirs[0], group->dir_fd);
}

// In the child, by itself: "0" is the writer. On v2 it was born inside.
void join_cgroup(const struct cgroups* all, const struct cgroup* group) {
  for (int i = 0; i < all->count && !all->v2; i++) write_knob(group->dirs[i], "cgroup.procs", "0");
}

void remove_cgroup(const struct cgroups* all, struct cgroup* group) {
  if (group->dir_fd >= 0) close(group->dir_fd);
  for (int i = 0; i < all->count; i++) check(rmdir(group->dirs[i]), "rmdir", group->dirs[i]);
}
