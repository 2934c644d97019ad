// SPDX-License-Identifier: Apache-2.0
#include "container/process.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sys/error.h"

namespace slipway {
namespace {

constexpr const char* kWorkdir = "enter working folder";
constexpr const char* kExec = "exec";

// Runs after pivot_root: an absolute path cannot leave the container.
void makeFolders(const std::string& path) {
  for (size_t at = 1; at <= path.size(); at++) {
    if (at != path.size() && path[at] != '/') continue;
    const std::string part = path.substr(0, at);
    if (mkdir(part.c_str(), 0755) < 0 && errno != EEXIST)
      throw SysError(kWorkdir, "mkdir", part, errno);
  }
}

// The C library's getcwd(3) hides "(unreachable)"; the system call shows it.
void refuseUnreachable(const std::string& cwd) {
  char buffer[4096];
  const long n = syscall(SYS_getcwd, buffer, sizeof buffer);
  if (n < 0)
    throw SysError(kWorkdir, "getcwd", cwd, errno,
                   errno == ENOENT ? "the folder is not inside the container" : "");
  if (buffer[0] != '/')
    throw SysError(kWorkdir, "getcwd", cwd, EPERM, "the folder is not inside the container");
}

std::string pathOf(const std::vector<std::string>& env) {
  for (const std::string& entry : env) {
    if (entry.starts_with("PATH=")) return entry.substr(5);
  }
  return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

// 0 when it can be executed, else the errno that says why not.
int probe(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) < 0) return errno;
  if (S_ISDIR(status.st_mode)) return EACCES;
  return access(path.c_str(), X_OK) < 0 ? errno : 0;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

}  // namespace

void enterWorkdir(const std::string& cwd, bool make) {
  if (!cwd.starts_with('/'))
    throw SysError(kWorkdir, "chdir", cwd, EINVAL, "the working folder must be an absolute path");
  if (chdir(cwd.c_str()) < 0) {
    const int saved = errno;
    if (saved != ENOENT || !make) throw SysError(kWorkdir, "chdir", cwd, saved);
    makeFolders(cwd);
    check(chdir(cwd.c_str()), kWorkdir, "chdir", cwd);
  }
  refuseUnreachable(cwd);
}

std::string findProgram(const std::string& program, const std::vector<std::string>& env) {
  if (program.empty()) throw SysError(kExec, "execve", program, ENOENT, "the command is empty");
  if (program.find('/') != std::string::npos) {
    if (const int err = probe(program); err != 0) throw SysError(kExec, "execve", program, err);
    return program;
  }
  int worst = ENOENT;
  const std::string path = pathOf(env);
  for (size_t start = 0; start <= path.size();) {
    size_t end = path.find(':', start);
    if (end == std::string::npos) end = path.size();
    const std::string dir = path.substr(start, end - start);
    const std::string candidate = (dir.empty() ? "." : dir) + "/" + program;
    const int err = probe(candidate);
    if (err == 0) return candidate;
    if (err == EACCES) worst = EACCES;
    start = end + 1;
  }
  throw SysError(kExec, "execve", program, worst,
                 worst == ENOENT ? "executable file not found in $PATH" : "");
}

void addMissingEnv(std::vector<std::string>& env, const std::string& name,
                   const std::string& value) {
  const std::string prefix = name + "=";
  for (const std::string& entry : env) {
    if (entry.starts_with(prefix)) return;
  }
  env.push_back(prefix + value);
}

void execProgram(const std::string& path, const std::vector<std::string>& args,
                 const std::vector<std::string>& env) {
  const std::vector<char*> argv = pointers(args), envp = pointers(env);
  execve(path.c_str(), argv.data(), envp.data());
  const int saved = errno;
  throw SysError(kExec, "execve", path, saved,
                 saved == ENOENT ? "the interpreter or loader that the file names is missing" : "");
}

}  // namespace slipway
