// SPDX-License-Identifier: Apache-2.0
// Measures another program's command line: spawn until exit (or the first byte
// of its output), without the cost of spawning from Node. `{}` in the command
// becomes a number that no other run has.
#define _GNU_SOURCE
#include "limit.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_ARGUMENTS = 64, MAX_ARGUMENT = 1024 };

struct repeat {
  int iterations, idle_ms, parallel;
  double seconds;
  bool first_byte;
  const char* before;   // a shell command, not timed
  const char* unmount;  // left out of a mount namespace of our own
  const char* fd_path;  // opened as fd 9 for the command
  char** argv;
};

enum { PASSED_FD = 9 };

static const struct option names[] = {
    {"iterations", required_argument, NULL, 'i'},
    {"idle-ms", required_argument, NULL, 'd'},
    {"parallel", required_argument, NULL, 'p'},
    {"seconds", required_argument, NULL, 't'},
    {"first-byte", no_argument, NULL, 'F'},
    {"before", required_argument, NULL, 'b'},
    {"unmount", required_argument, NULL, 'u'},
    {"fd9", required_argument, NULL, '9'},
    {NULL, 0, NULL, 0},
};

static struct repeat parse(int argc, char** argv) {
  struct repeat repeat = {.iterations = 1, .parallel = 1};
  for (int name; (name = getopt_long(argc, argv, "+", names, NULL)) >= 0;) {
    switch (name) {
      case 'i':
        repeat.iterations = atoi(optarg);
        break;
      case 'd':
        repeat.idle_ms = atoi(optarg);
        break;
      case 'p':
        repeat.parallel = atoi(optarg);
        break;
      case 't':
        repeat.seconds = atof(optarg);
        break;
      case 'F':
        repeat.first_byte = true;
        break;
      case 'b':
        repeat.before = optarg;
        break;
      case 'u':
        repeat.unmount = optarg;
        break;
      case '9':
        repeat.fd_path = optarg;
        break;
      default:
        exit(2);
    }
  }
  repeat.argv = argv + optind;
  if (argc - optind < 1 || argc - optind >= MAX_ARGUMENTS || repeat.iterations < 1) {
    fprintf(stderr, "repeat [options] -- command [argument...]\n");
    exit(2);
  }
  return repeat;
}

static void substitute(const char* text, const char* id, char* out) {
  const char* const hole = strstr(text, "{}");
  const int length =
      hole ? snprintf(out, MAX_ARGUMENT, "%.*s%s%s", (int)(hole - text), text, id, hole + 2)
           : snprintf(out, MAX_ARGUMENT, "%s", text);
  if (length < MAX_ARGUMENT) return;
  errno = E2BIG;
  fail("command", text);
}

static pid_t spawn(const struct repeat* repeat, char** argv, int stdout_fd) {
  const pid_t pid = vfork();
  if (pid != 0) return (pid_t)check(pid, "vfork", "");
  const int null_fd = (int)check(open("/dev/null", O_RDWR | O_CLOEXEC), "open", "/dev/null");
  check(dup2(null_fd, STDIN_FILENO), "dup2", "stdin");
  check(dup2(stdout_fd >= 0 ? stdout_fd : null_fd, STDOUT_FILENO), "dup2", "stdout");
  if (repeat->fd_path) {
    check(dup2((int)check(open(repeat->fd_path, O_RDONLY | O_CLOEXEC), "open", repeat->fd_path),
               PASSED_FD),
          "dup2", repeat->fd_path);
  }
  execvp(argv[0], argv);
  fail("execve", argv[0]);
}

static void reap(pid_t pid, const char* name) {
  int status;
  check(waitpid(pid, &status, 0), "waitpid", name);
  if (status == 0) return;
  fprintf(stderr, "%s ended with status %#x\n", name, status);
  exit(1);
}

static void run_before(const struct repeat* repeat, const char* id) {
  char command[MAX_ARGUMENT];
  substitute(repeat->before, id, command);
  char* argv[] = {"sh", "-c", command, NULL};
  reap(spawn(repeat, argv, -1), command);
}

static void run_once(const struct repeat* repeat, int number, struct times* times) {
  static char arguments[MAX_ARGUMENTS][MAX_ARGUMENT];
  char *argv[MAX_ARGUMENTS + 1] = {NULL}, id[48], byte;
  int ends[2] = {-1, -1};
  snprintf(id, sizeof id, "%d-%d", (int)getpid(), number);
  for (int i = 0; repeat->argv[i]; i++) {
    substitute(repeat->argv[i], id, arguments[i]);
    argv[i] = arguments[i];
  }
  if (repeat->before) run_before(repeat, id);
  if (repeat->idle_ms > 0) sleep_ms(repeat->idle_ms);
  if (repeat->first_byte) check(pipe2(ends, O_CLOEXEC), "pipe2", "");
  times->at[STAGE_BEGIN] = now_us();
  const pid_t pid = spawn(repeat, argv, ends[1]);
  times->at[STAGE_STARTED] = now_us();
  if (repeat->first_byte) {
    close(ends[1]);
    if (read(ends[0], &byte, 1) != 1) fail("read", "the command's stdout");
    times->at[STAGE_FIRST_BYTE] = now_us();
    close(ends[0]);
  }
  reap(pid, argv[0]);
  times->at[STAGE_EXITED] = now_us();
}

static void run_counted(const struct repeat* repeat) {
  struct times* const all = calloc((size_t)repeat->iterations, sizeof *all);
  for (int i = 0; i < repeat->iterations; i++) run_once(repeat, i, &all[i]);
  print_times(all, repeat->iterations, STAGE_BEGIN,
              repeat->first_byte ? STAGE_FIRST_BYTE : STAGE_EXITED);
  free(all);
}

static void run_parallel(const struct repeat* repeat) {
  int ends[2], total = 0;
  check(pipe2(ends, O_CLOEXEC), "pipe2", "");
  const double begin = now_us(), deadline = begin + repeat->seconds * 1e6;
  for (int worker = 0; worker < repeat->parallel; worker++) {
    if (check(fork(), "fork", "") > 0) continue;
    struct times times = {0};
    int done = 0;
    for (; now_us() < deadline; done++) run_once(repeat, done, &times);
    if (write(ends[1], &done, sizeof done) != sizeof done) fail("write", "report");
    _exit(0);
  }
  for (int worker = 0; worker < repeat->parallel; worker++) {
    int status, done;
    check(wait(&status), "wait", "");
    if (status != 0) exit(1);
    if (read(ends[0], &done, sizeof done) != sizeof done) fail("read", "report");
    total += done;
  }
  printf("{\"completed\":%d,\"seconds\":%.6f}\n", total, (now_us() - begin) / 1e6);
}

int main(int argc, char** argv) {
  const struct repeat repeat = parse(argc, argv);
  if (repeat.unmount) {
    check(unshare(CLONE_NEWNS), "unshare", "CLONE_NEWNS");
    check(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "mount", "/");
    check(umount2(repeat.unmount, MNT_DETACH), "umount2", repeat.unmount);
  }
  if (repeat.seconds > 0) {
    run_parallel(&repeat);
  } else {
    run_counted(&repeat);
  }
  return 0;
}
