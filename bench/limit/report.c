// SPDX-License-Identifier: Apache-2.0
// Clock, failures and the JSON that the harness reads.
#include "limit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char* const stage_names[STAGE_COUNT] = {
    "begin", "prepare", "clone",   "join",      "rootfs", "filesystems", "pivot",
    "masks", "secure",  "execute", "firstByte", "exit",   "remove",
};

double now_us(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

void sleep_ms(int ms) {
  struct timespec left = {ms / 1000, (long)(ms % 1000) * 1000000};
  while (nanosleep(&left, &left) < 0 && errno == EINTR) {
  }
}

// _exit and not exit: the child shares the parent's memory, its stdio included.
_Noreturn void fail(const char* step, const char* path) {
  const int saved = errno;
  dprintf(STDERR_FILENO, "%s %s: %s\n", step, path, strerror(saved));
  _exit(1);
}

long check(long result, const char* step, const char* path) {
  if (result < 0) fail(step, path);
  return result;
}

static int compare(const void* left, const void* right) {
  const double a = *(const double*)left, b = *(const double*)right;
  return (a > b) - (a < b);
}

static void print_list(const char* name, const struct times* all, int count, enum stage from,
                       enum stage until) {
  printf("\"%s\":[", name);
  for (int i = 0; i < count; i++)
    printf("%s%.1f", i ? "," : "", all[i].at[until] - all[i].at[from]);
  printf("]");
}

// A step that did not happen keeps the time 0 and is left out.
static enum stage previous(const struct times* times, enum stage stage) {
  int before = (int)stage - 1;
  while (before > STAGE_BEGIN && times->at[before] == 0) before--;
  return (enum stage)before;
}

static void print_stages(const struct times* all, int count, enum stage until) {
  double* values = calloc((size_t)count, sizeof *values);
  const char* separator = "";
  printf("\"stages\":{");
  for (int stage = STAGE_PREPARED; stage <= (int)until; stage++) {
    if (all[0].at[stage] == 0) continue;
    for (int i = 0; i < count; i++)
      values[i] = all[i].at[stage] - all[i].at[previous(&all[i], (enum stage)stage)];
    qsort(values, (size_t)count, sizeof *values, compare);
    printf("%s\"%s\":%.1f", separator, stage_names[stage], values[count / 2]);
    separator = ",";
  }
  printf("}");
  free(values);
}

void print_times(const struct times* all, int count, enum stage from, enum stage until) {
  printf("{");
  print_list("microseconds", all, count, from, until);
  printf(",");
  if (from == STAGE_BEGIN) {
    print_list("startMicroseconds", all, count, STAGE_BEGIN, STAGE_STARTED);
    printf(",");
  }
  print_stages(all, count, STAGE_REMOVED);
  printf("}\n");
}
