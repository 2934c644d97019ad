// SPDX-License-Identifier: Apache-2.0
// The last stretch before the container's own program: working folder, file
// descriptors, the search for the program.
#pragma once

#include <string>
#include <vector>

namespace slipway {

// chdir(2) to `cwd` inside the container (the caller's root). Refuses a folder
// that is not below that root: a leaked descriptor reached by /proc/self/fd.
// `make`: missing folders are created, as Docker's --workdir does.
void enterWorkdir(const std::string& cwd, bool make);

// Where `program` is, searched along PATH of `env` as execvp(3) does. Throws
// ENOENT when it is nowhere, EACCES when all that was found cannot be executed.
std::string findProgram(const std::string& program, const std::vector<std::string>& env);

// "NAME=value" is set where NAME is not yet in `env`.
void addMissingEnv(std::vector<std::string>& env, const std::string& name,
                   const std::string& value);

// execve(2); returns only by throwing.
[[noreturn]] void execProgram(const std::string& path, const std::vector<std::string>& args,
                              const std::vector<std::string>& env);

}  // namespace slipway
