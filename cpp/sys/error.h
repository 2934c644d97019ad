// SPDX-License-Identifier: Apache-2.0
// The one failure type of the core: which step, which system call, which path,
// which errno. Used in every process; it crosses process borders as JSON.
#pragma once

#include <cerrno>
#include <exception>
#include <string>
#include <utility>

namespace slipway {

class SysError : public std::exception {
 public:
  // `step` names what the container was doing ("mount rootfs"), `syscall` the
  // kernel call ("fsconfig"), `err` a positive errno. `hint` is for the user
  // and only where errno alone misleads.
  SysError(std::string step, std::string syscall, std::string path, int err, std::string hint = {})
      : step(std::move(step)),
        syscall(std::move(syscall)),
        path(std::move(path)),
        hint(std::move(hint)),
        err(err) {
    text_ = this->step + ": " + this->syscall + " " + this->path + ": errno " + std::to_string(err);
  }

  const char* what() const noexcept override { return text_.c_str(); }

  std::string step, syscall, path, hint;
  int err;

 private:
  std::string text_;
};

// Turns a negative result into a SysError. errno is read first of all, before
// any string is built.
template <class T>
T check(T result, const char* step, const char* syscall, const std::string& path = {}) {
  if (result < 0) {
    const int saved = errno;
    throw SysError(step, syscall, path, saved);
  }
  return result;
}

}  // namespace slipway
