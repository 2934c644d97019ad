// SPDX-License-Identifier: Apache-2.0
// The physical limit: C programs that make only the system calls a container
// needs, to be measured beside Slipway. limit-run, limit-exec and limit-kill
// are thin loops over the parts declared here.
#pragma once

#include <limits.h>
#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// --- report.c: time, failures, results ---

// One timestamp a step of a container's life; differences are printed as
// medians so that a slow step can be found.
enum stage {
  STAGE_BEGIN,
  STAGE_PREPARED,
  STAGE_CLONED,
  STAGE_JOINED,
  STAGE_ROOTFS,
  STAGE_FILESYSTEMS,
  STAGE_PIVOTED,
  STAGE_MASKED,
  STAGE_SECURED,
  STAGE_STARTED,
  STAGE_FIRST_BYTE,
  STAGE_EXITED,
  STAGE_REMOVED,
  STAGE_COUNT,
};

struct times {
  double at[STAGE_COUNT];
};

double now_us(void);
void sleep_ms(int ms);
// Ends the program (or the child, which shares this code) with the step, the
// path and errno.
_Noreturn void fail(const char* step, const char* path);
long check(long result, const char* step, const char* path);
void print_times(const struct times* all, int count, enum stage from, enum stage until);

// --- options.c ---

struct options {
  const char* root;
  const char* work;
  const char* state;
  const char* cgroup_name;
  const char* seccomp_path;
  int iterations;
  int idle_ms;
  int parallel;
  double seconds;
  bool net, cgroup, first_byte;
};

struct options parse_options(int argc, char** argv);

// --- clone.c ---

// clone3 with CLONE_VM and CLONE_VFORK on a stack of its own: returns in the
// parent only once `entry` has called execve or ended.
pid_t clone_sharing_memory(uint64_t flags, int cgroup_fd, int* pidfd, int (*entry)(void*),
                           void* arg);

// --- cgroup.c ---

enum { MAX_HIERARCHIES = 7, MAX_CGROUP_PATH = 1024 };

struct hierarchy {
  char controllers[128];
  char base[MAX_CGROUP_PATH];  // this program's own cgroup, parent of all containers'
};

struct cgroups {
  struct hierarchy list[MAX_HIERARCHIES];
  int count;
  bool v2;
  bool memsw;
  int device_program;
};

struct cgroup {
  char dirs[MAX_HIERARCHIES][MAX_CGROUP_PATH + 32];
  int dir_fd;  // v2: for CLONE_INTO_CGROUP
};

void open_cgroups(struct cgroups* all, const char* name);
void close_cgroups(const struct cgroups* all);
void create_cgroup(const struct cgroups* all, struct cgroup* group, int id);
void join_cgroup(const struct cgroups* all, const struct cgroup* group);
void remove_cgroup(const struct cgroups* all, struct cgroup* group);

// --- device-program.c ---

int load_device_program(void);
void attach_device_program(int program, int cgroup_fd);

// --- security.c ---

struct sock_fprog load_seccomp(const char* path);
void drop_privileges(const struct sock_fprog* filter);

// --- files.c ---

void write_file(const char* path, const char* text);
void remove_tree(const char* path);

// --- container.c ---

struct engine {
  struct options options;
  struct cgroups cgroups;
  struct sock_fprog filter;
  char work[PATH_MAX / 2];         // this worker's folder, on the disk of --work
  char state[PATH_MAX / 2];        // the same on the tmpfs of --state, for the files of /etc
  char merged[PATH_MAX / 2 + 16];  // where overlay is mounted, in each child's own namespace
  int next_id;
  int null_fd;
};

struct container {
  struct engine* engine;
  struct times* times;
  char* const* argv;
  struct cgroup cgroup;
  char dir[PATH_MAX / 2 + 32];    // overlay's upper and work
  char state[PATH_MAX / 2 + 32];  // hosts, hostname, resolv.conf
  char hostname[13];
  int stdout_fd;
  int pidfd;
  pid_t pid;
};

void open_engine(struct engine* engine, const struct options* options, int worker);
void close_engine(struct engine* engine);
void start_container(struct engine* engine, struct container* box, struct times* times,
                     char* const* argv, int stdout_fd);
void wait_container(struct container* box);
void remove_container(struct container* box);
void execute(char* const* argv, const char* hostname);

// --- rootfs.c: the steps of the child ---

void mount_rootfs(const struct container* box);
void mount_filesystems(const struct container* box);
void enter_rootfs(const struct container* box);
void mask_paths(void);
void raise_loopback(void);
