// SPDX-License-Identifier: Apache-2.0
// Runs /bin/true (with --first-byte: echo into a pipe) again and again, each
// time in a new container; with --seconds as often as --parallel workers can.
#define _GNU_SOURCE
#include "limit.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

static void run_silent(struct engine* engine, struct times* times) {
  static char* const argv[] = {"/bin/true", NULL};
  struct container box;
  start_container(engine, &box, times, argv, engine->null_fd);
  wait_container(&box);
  remove_container(&box);
}

static void run_speaking(struct engine* engine, struct times* times) {
  static char* const argv[] = {"/bin/echo", "x", NULL};
  struct container box;
  int ends[2];
  char byte;
  check(pipe2(ends, O_CLOEXEC), "pipe2", "");
  start_container(engine, &box, times, argv, ends[1]);
  close(ends[1]);
  if (read(ends[0], &byte, 1) != 1) fail("read", "container's stdout");
  times->at[STAGE_FIRST_BYTE] = now_us();
  close(ends[0]);
  wait_container(&box);
  remove_container(&box);
}

static void run_counted(const struct options* options) {
  struct times* const all = calloc((size_t)options->iterations, sizeof *all);
  struct engine engine;
  open_engine(&engine, options, 0);
  for (int i = 0; i < options->iterations; i++) {
    if (options->idle_ms > 0) sleep_ms(options->idle_ms);
    if (options->first_byte) {
      run_speaking(&engine, &all[i]);
    } else {
      run_silent(&engine, &all[i]);
    }
  }
  close_engine(&engine);
  print_times(all, options->iterations, STAGE_BEGIN,
              options->first_byte ? STAGE_FIRST_BYTE : STAGE_REMOVED);
  free(all);
}

// A worker's count comes back over a pipe: an exit status is too small.
static void work_until(const struct options* options, int worker, double deadline, int report) {
  struct engine engine;
  struct times times = {0};
  int done = 0;
  open_engine(&engine, options, worker);
  for (; now_us() < deadline; done++) run_silent(&engine, &times);
  engine.options.cgroup = false;  // the parent folders are the others' too
  close_engine(&engine);
  if (write(report, &done, sizeof done) != sizeof done) fail("write", "report");
}

static void run_parallel(const struct options* options) {
  int ends[2], total = 0;
  struct cgroups parents;
  check(pipe2(ends, O_CLOEXEC), "pipe2", "");
  if (options->cgroup) open_cgroups(&parents, options->cgroup_name);
  const double begin = now_us(), deadline = begin + options->seconds * 1e6;
  for (int worker = 0; worker < options->parallel; worker++) {
    if (check(fork(), "fork", "") > 0) continue;
    work_until(options, worker, deadline, ends[1]);
    _exit(0);
  }
  for (int worker = 0; worker < options->parallel; worker++) {
    int status, done;
    check(wait(&status), "wait", "");
    if (status != 0) exit(1);
    if (read(ends[0], &done, sizeof done) != sizeof done) fail("read", "report");
    total += done;
  }
  if (options->cgroup) close_cgroups(&parents);
  printf("{\"completed\":%d,\"seconds\":%.6f}\n", total, (now_us() - begin) / 1e6);
}

int main(int argc, char** argv) {
  const struct options options = parse_options(argc, argv);
  if (options.seconds > 0) {
    run_parallel(&options);
  } else {
    run_counted(&options);
  }
  return 0;
}
