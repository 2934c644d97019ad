// SPDX-License-Identifier: Apache-2.0
// The last stretch before the container's own program: working folder, the
// search for the program. What is prepared may allocate and throw; the rest is
// system calls only, and reads what was prepared.
#pragma once

#include <string>
#include <vector>

#include "sys/fault.h"

namespace slipway {

struct Workdir {
  std::string path;
  std::vector<std::string> folders;  // to make where they are missing, the uppermost first
};

// `make`: missing folders are created, as Docker's --workdir does.
Workdir prepareWorkdir(const std::string& path, bool make);

// chdir(2) inside the container (the caller's root). Refuses a folder that is
// not below that root: a leaked descriptor reached by /proc/self/fd.
Fault enterWorkdir(const Workdir& workdir);

// A program in the form of execve(2).
struct Program {
  std::vector<std::string> args, env;
  std::vector<std::string> candidates;  // paths, in the order to be tried
  std::vector<char*> argv, envp;        // into `args` and `env`

  Program() = default;
  Program(std::vector<std::string> args, std::vector<std::string> env);
  Program(Program&&) = default;
  Program& operator=(Program&&) = default;
};

// The first candidate that the caller may execute. ENOENT when there is none,
// EACCES when all that is there cannot be executed.
Fault findProgram(const Program& program, const char*& found);

// execve(2); returns only with its failure.
Fault execProgram(const char* path, const Program& program);

// "NAME=value" is set where NAME is not yet in `env`.
void addMissingEnv(std::vector<std::string>& env, const std::string& name,
                   const std::string& value);

}  // namespace slipway
