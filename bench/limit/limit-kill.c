// SPDX-License-Identifier: Apache-2.0
// From SIGKILL for a sleeping container to its removal. The start is not
// counted.
#define _GNU_SOURCE
#include "limit.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static void kill_once(struct engine* engine, struct times* times) {
  static char* const sleeper[] = {"/bin/sleep", "100000", NULL};
  struct container box;
  struct times start = {0};
  start_container(engine, &box, &start, sleeper, engine->null_fd);
  if (engine->options.idle_ms > 0) sleep_ms(engine->options.idle_ms);
  box.times = times;
  times->at[STAGE_BEGIN] = now_us();
  check(syscall(SYS_pidfd_send_signal, box.pidfd, SIGKILL, NULL, 0), "pidfd_send_signal", "");
  wait_container(&box);
  remove_container(&box);
}

int main(int argc, char** argv) {
  const struct options options = parse_options(argc, argv);
  struct times* const all = calloc((size_t)options.iterations, sizeof *all);
  struct engine engine;
  open_engine(&engine, &options, 0);
  for (int i = 0; i < options.iterations; i++) kill_once(&engine, &all[i]);
  close_engine(&engine);
  print_times(all, options.iterations, STAGE_BEGIN, STAGE_REMOVED);
  free(all);
  return 0;
}
