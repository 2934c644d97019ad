// SPDX-License-Identifier: Apache-2.0
// Command line shared by the limit programs.
#include "limit.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct option names[] = {
    {"root", required_argument, NULL, 'r'},
    {"work", required_argument, NULL, 'w'},
    {"cgroup-name", required_argument, NULL, 'n'},
    {"seccomp", required_argument, NULL, 's'},
    {"iterations", required_argument, NULL, 'i'},
    {"idle-ms", required_argument, NULL, 'd'},
    {"parallel", required_argument, NULL, 'p'},
    {"seconds", required_argument, NULL, 't'},
    {"state", required_argument, NULL, 'S'},
    {"net", no_argument, NULL, 'N'},
    {"no-net", no_argument, NULL, 'O'},
    {"cgroup", no_argument, NULL, 'C'},
    {"no-cgroup", no_argument, NULL, 'D'},
    {"first-byte", no_argument, NULL, 'F'},
    {NULL, 0, NULL, 0},
};

static _Noreturn void usage(const char* reason) {
  fprintf(stderr,
          "%s\nusage: --root DIR --work DIR [--state DIR] [--iterations N | --seconds S] "
          "[--idle-ms N] [--parallel N]\n"
          "       [--net|--no-net] [--cgroup|--no-cgroup] [--cgroup-name NAME] [--seccomp FILE] "
          "[--first-byte]\n",
          reason);
  exit(2);
}

static double number(const char* text, const char* name) {
  char* end;
  const double value = strtod(text, &end);
  if (end == text || *end != '\0' || value < 0) usage(name);
  return value;
}

static void apply(struct options* options, int name) {
  switch (name) {
    case 'r':
      options->root = optarg;
      break;
    case 'w':
      options->work = optarg;
      break;
    case 'S':
      options->state = optarg;
      break;
    case 'n':
      options->cgroup_name = optarg;
      break;
    case 's':
      options->seccomp_path = optarg;
      break;
    case 'i':
      options->iterations = (int)number(optarg, "--iterations is not a number");
      break;
    case 'd':
      options->idle_ms = (int)number(optarg, "--idle-ms is not a number");
      break;
    case 'p':
      options->parallel = (int)number(optarg, "--parallel is not a number");
      break;
    case 't':
      options->seconds = number(optarg, "--seconds is not a number");
      break;
    case 'N':
      options->net = true;
      break;
    case 'O':
      options->net = false;
      break;
    case 'C':
      options->cgroup = true;
      break;
    case 'D':
      options->cgroup = false;
      break;
    case 'F':
      options->first_byte = true;
      break;
    default:
      usage("unknown option");
  }
}

struct options parse_options(int argc, char** argv) {
  struct options options = {.cgroup_name = "slipway-bench-limit",
                            .iterations = 100,
                            .parallel = 1,
                            .net = true,
                            .cgroup = true};
  int name;
  while ((name = getopt_long(argc, argv, "", names, NULL)) >= 0) apply(&options, name);
  if (optind < argc) usage("unexpected argument");
  if (!options.root || !options.work) usage("--root and --work are needed");
  if (!options.state) options.state = options.work;
  if (options.iterations < 1 || options.parallel < 1)
    usage("--iterations and --parallel start at 1");
  return options;
}
