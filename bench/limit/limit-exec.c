// SPDX-License-Identifier: Apache-2.0
// Executes /bin/true in one running container again and again: setns by pidfd,
// the container's cgroup, capabilities, filter, execve, reap.
#define _GNU_SOURCE
#include "limit.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int exec_child(void* data) {
  static char* const argv[] = {"/bin/true", NULL};
  const struct container* const box = data;
  const struct engine* const engine = box->engine;
  const int net = engine->options.net ? CLONE_NEWNET : 0;
  if (engine->options.cgroup) join_cgroup(&engine->cgroups, &box->cgroup);
  check(setns(box->pidfd, CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | net),
        "setns", "container");
  check(setsid(), "setsid", "");
  check(dup2(engine->null_fd, STDIN_FILENO), "dup2", "stdin");
  check(dup2(engine->null_fd, STDOUT_FILENO), "dup2", "stdout");
  check(syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC), "close_range", "");
  drop_privileges(&engine->filter);
  execute(argv, box->hostname);
  return 1;
}

// A pid namespace is taken by children only, so the parent goes in and out
// around the clone.
static void exec_once(struct container* box, int own_pid_ns, struct times* times) {
  int pidfd;
  siginfo_t info;
  times->at[STAGE_BEGIN] = now_us();
  check(setns(box->pidfd, CLONE_NEWPID), "setns", "container pid namespace");
  check(clone_sharing_memory(0, box->cgroup.dir_fd, &pidfd, exec_child, box), "clone3", "");
  check(setns(own_pid_ns, CLONE_NEWPID), "setns", "own pid namespace");
  times->at[STAGE_STARTED] = now_us();
  check(waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED), "waitid", "");
  times->at[STAGE_EXITED] = now_us();
  close(pidfd);
  if (info.si_code != CLD_EXITED || info.si_status != 0) {
    fprintf(stderr, "exec ended with %d\n", info.si_status);
    exit(1);
  }
}

int main(int argc, char** argv) {
  static char* const sleeper[] = {"/bin/sleep", "100000", NULL};
  const struct options options = parse_options(argc, argv);
  struct times *const all = calloc((size_t)options.iterations, sizeof *all), start = {0};
  struct engine engine;
  struct container box;
  const int own_pid_ns =
      (int)check(open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC), "open", "/proc/self/ns/pid");
  open_engine(&engine, &options, 0);
  start_container(&engine, &box, &start, sleeper, engine.null_fd);
  for (int i = 0; i < options.iterations; i++) {
    if (options.idle_ms > 0) sleep_ms(options.idle_ms);
    exec_once(&box, own_pid_ns, &all[i]);
  }
  check(syscall(SYS_pidfd_send_signal, box.pidfd, SIGKILL, NULL, 0), "pidfd_send_signal", "");
  wait_container(&box);
  remove_container(&box);
  close_engine(&engine);
  print_times(all, options.iterations, STAGE_BEGIN, STAGE_EXITED);
  free(all);
  return 0;
}
