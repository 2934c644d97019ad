// SPDX-License-Identifier: Apache-2.0
// A container from its folder and cgroup to their removal. The child runs in
// this program's memory until execve, one at a time.
#define _GNU_SOURCE
#include "limit.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/close_range.h>

void open_engine(struct engine* engine, const struct options* options, int worker) {
  memset(engine, 0, sizeof *engine);
  engine->options = *options;
  engine->filter = load_seccomp(options->seccomp_path);
  engine->null_fd = (int)check(open("/dev/null", O_RDWR | O_CLOEXEC), "open", "/dev/null");
  snprintf(engine->work, sizeof engine->work, "%s/limit-%d-%d", options->work, (int)getpid(),
           worker);
  snprintf(engine->state, sizeof engine->state, "%s/limit-state-%d-%d", options->state,
           (int)getpid(), worker);
  snprintf(engine->merged, sizeof engine->merged, "%s/merged", engine->work);
  check(mkdir(engine->work, 0700), "mkdir", engine->work);
  check(mkdir(engine->state, 0700), "mkdir", engine->state);
  check(mkdir(engine->merged, 0755), "mkdir", engine->merged);
  if (options->cgroup) open_cgroups(&engine->cgroups, options->cgroup_name);
}

void close_engine(struct engine* engine) {
  if (engine->options.cgroup) close_cgroups(&engine->cgroups);
  remove_tree(engine->work);
  remove_tree(engine->state);
}

static void write_etc(const struct container* box) {
  char path[PATH_MAX], text[128];
  snprintf(path, sizeof path, "%s/hosts", box->state);
  snprintf(text, sizeof text, "127.0.0.1\tlocalhost\n::1\tlocalhost\n127.0.1.1\t%s\n",
           box->hostname);
  write_file(path, text);
  snprintf(path, sizeof path, "%s/hostname", box->state);
  snprintf(text, sizeof text, "%s\n", box->hostname);
  write_file(path, text);
  snprintf(path, sizeof path, "%s/resolv.conf", box->state);
  write_file(path, "nameserver 127.0.0.1\n");
}

static void prepare(struct container* box) {
  struct engine* const engine = box->engine;
  const int id = engine->next_id++;
  char path[PATH_MAX];
  snprintf(box->hostname, sizeof box->hostname, "%012x", (unsigned)id);
  snprintf(box->dir, sizeof box->dir, "%s/%d", engine->work, id);
  check(mkdir(box->dir, 0700), "mkdir", box->dir);
  snprintf(path, sizeof path, "%s/upper", box->dir);
  check(mkdir(path, 0755), "mkdir", path);
  snprintf(path, sizeof path, "%s/work", box->dir);
  check(mkdir(path, 0755), "mkdir", path);
  snprintf(box->state, sizeof box->state, "%s/%d", engine->state, id);
  check(mkdir(box->state, 0700), "mkdir", box->state);
  write_etc(box);
  if (engine->options.cgroup) create_cgroup(&engine->cgroups, &box->cgroup, id);
}

static void mark(struct container* box, enum stage stage) { box->times->at[stage] = now_us(); }

static void connect_stdio(const struct container* box) {
  check(dup2(box->engine->null_fd, STDIN_FILENO), "dup2", "stdin");
  check(dup2(box->stdout_fd, STDOUT_FILENO), "dup2", "stdout");
  check(syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC), "close_range", "");
}

void execute(char* const* argv, const char* hostname) {
  char host[32];
  snprintf(host, sizeof host, "HOSTNAME=%s", hostname);
  char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
       home[] = "HOME=/root";
  char* const env[] = {path, host, home, NULL};
  execve(argv[0], argv, env);
  fail("execve", argv[0]);
}

// The cgroup namespace shows as root what the process is in when it is made,
// and clone3 would make it before the join: hence unshare.
static int run_child(void* data) {
  struct container* const box = data;
  const struct engine* const engine = box->engine;
  mark(box, STAGE_CLONED);
  if (engine->options.cgroup) join_cgroup(&engine->cgroups, &box->cgroup);
  check(unshare(CLONE_NEWCGROUP), "unshare", "CLONE_NEWCGROUP");
  mark(box, STAGE_JOINED);
  check(setsid(), "setsid", "");
  mount_rootfs(box);
  mark(box, STAGE_ROOTFS);
  mount_filesystems(box);
  if (engine->options.net) raise_loopback();
  check(sethostname(box->hostname, strlen(box->hostname)), "sethostname", box->hostname);
  mark(box, STAGE_FILESYSTEMS);
  enter_rootfs(box);
  mark(box, STAGE_PIVOTED);
  mask_paths();
  mark(box, STAGE_MASKED);
  connect_stdio(box);
  drop_privileges(&engine->filter);
  mark(box, STAGE_SECURED);
  execute(box->argv, box->hostname);
  return 1;
}

void start_container(struct engine* engine, struct container* box, struct times* times,
                     char* const* argv, int stdout_fd) {
  *box = (struct container){.engine = engine, .times = times, .argv = argv, .stdout_fd = stdout_fd};
  box->cgroup.dir_fd = -1;
  mark(box, STAGE_BEGIN);
  prepare(box);
  mark(box, STAGE_PREPARED);
  const uint64_t net = engine->options.net ? CLONE_NEWNET : 0;
  box->pid = clone_sharing_memory(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | net,
                                  box->cgroup.dir_fd, &box->pidfd, run_child, box);
  check(box->pid, "clone3", "");
  mark(box, STAGE_STARTED);
}

void wait_container(struct container* box) {
  siginfo_t info;
  check(waitid(P_PIDFD, (id_t)box->pidfd, &info, WEXITED), "waitid", "");
  mark(box, STAGE_EXITED);
  if (info.si_code == CLD_EXITED && info.si_status != 0) {
    dprintf(STDERR_FILENO, "container ended with %d\n", info.si_status);
    exit(1);
  }
}

void remove_container(struct container* box) {
  close(box->pidfd);
  if (box->engine->options.cgroup) remove_cgroup(&box->engine->cgroups, &box->cgroup);
  remove_tree(box->dir);
  remove_tree(box->state);
  mark(box, STAGE_REMOVED);
}
