// SPDX-License-Identifier: Apache-2.0
#include "container/process.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "sys/raw.h"

namespace slipway {
namespace {

constexpr const char* kWorkdir = "enter working folder";
constexpr const char* kExec = "exec";
constexpr const char* kOutside = "the folder is not inside the container";

// A path that is not there yet cannot lead out of the caller's root.
Fault makeFolders(const Workdir& workdir) {
  for (const std::string& folder : workdir.folders) {
    const long result = raw::call(SYS_mkdirat, AT_FDCWD, folder.c_str(), 0755);
    if (result < 0 && result != -EEXIST) return faultOf(result, kWorkdir, "mkdir", folder.c_str());
  }
  return {};
}

// The C library's getcwd(3) hides "(unreachable)"; the system call shows it.
Fault refuseUnreachable(const char* cwd) {
  char buffer[4096] = {};
  const long n = raw::call(SYS_getcwd, buffer, sizeof buffer);
  if (n < 0) return faultOf(n, kWorkdir, "getcwd", cwd, n == -ENOENT ? kOutside : "");
  if (buffer[0] != '/') return {kWorkdir, "getcwd", cwd, EPERM, kOutside};
  return {};
}

std::string pathOf(const std::vector<std::string>& env) {
  for (const std::string& entry : env) {
    if (entry.starts_with("PATH=")) return entry.substr(5);
  }
  return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

// As execvp(3) does.
std::vector<std::string> candidatesOf(const std::string& name, const std::string& path) {
  if (name.empty() || name.find('/') != std::string::npos) return {name};
  std::vector<std::string> candidates;
  for (size_t start = 0; start <= path.size();) {
    size_t end = path.find(':', start);
    if (end == std::string::npos) end = path.size();
    const std::string dir = path.substr(start, end - start);
    candidates.push_back((dir.empty() ? "." : dir) + "/" + name);
    start = end + 1;
  }
  return candidates;
}

// 0 when it can be executed, else the errno that says why not.
int probe(const char* path) {
  struct stat status{};
  if (const long result = raw::call(SYS_newfstatat, AT_FDCWD, path, &status, 0); result < 0)
    return static_cast<int>(-result);
  if (S_ISDIR(status.st_mode)) return EACCES;
  return static_cast<int>(-raw::call(SYS_faccessat, AT_FDCWD, path, X_OK));
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

}  // namespace

Workdir prepareWorkdir(const std::string& path, bool make) {
  Workdir workdir{path, {}};
  for (size_t at = 1; make && at <= path.size(); at++) {
    if (at == path.size() || path[at] == '/') workdir.folders.push_back(path.substr(0, at));
  }
  return workdir;
}

Fault enterWorkdir(const Workdir& workdir) {
  const char* path = workdir.path.c_str();
  if (path[0] != '/')
    return {kWorkdir, "chdir", path, EINVAL, "the working folder must be an absolute path"};
  long result = raw::call(SYS_chdir, path);
  if (result == -ENOENT && !workdir.folders.empty()) {
    if (const Fault fault = makeFolders(workdir)) return fault;
    result = raw::call(SYS_chdir, path);
  }
  if (result < 0) return faultOf(result, kWorkdir, "chdir", path);
  return refuseUnreachable(path);
}

Program::Program(std::vector<std::string> args, std::vector<std::string> env)
    : args(std::move(args)), env(std::move(env)) {
  if (!this->args.empty()) candidates = candidatesOf(this->args[0], pathOf(this->env));
  argv = pointers(this->args);
  envp = pointers(this->env);
}

Fault findProgram(const Program& program, const char*& found) {
  if (program.args.empty()) return {"find program", "execve", "", EINVAL, "the command is empty"};
  const char* name = program.args[0].c_str();
  if (name[0] == '\0') return {kExec, "execve", name, ENOENT, "the command is empty"};
  int worst = ENOENT;
  for (const std::string& candidate : program.candidates) {
    found = candidate.c_str();
    const int err = probe(found);
    if (err == 0) return {};
    if (strchr(name, '/') != nullptr) return {kExec, "execve", name, err};
    if (err == EACCES) worst = EACCES;
  }
  return {kExec, "execve", name, worst,
          worst == ENOENT ? "executable file not found in $PATH" : ""};
}

Fault execProgram(const char* path, const Program& program) {
  const long result = raw::call(SYS_execve, path, program.argv.data(), program.envp.data());
  return faultOf(
      result, kExec, "execve", path,
      result == -ENOENT ? "the interpreter or loader that the file names is missing" : "");
}

void addMissingEnv(std::vector<std::string>& env, const std::string& name,
                   const std::string& value) {
  const std::string prefix = name + "=";
  for (const std::string& entry : env) {
    if (entry.starts_with(prefix)) return;
  }
  env.push_back(prefix + value);
}

}  // namespace slipway
