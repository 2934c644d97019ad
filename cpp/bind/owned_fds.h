// SPDX-License-Identifier: Apache-2.0
// The descriptors that JavaScript was given and has not closed. Those of a
// worker thread that is terminated are closed with its environment.
#pragma once

#include <napi.h>
#include <unistd.h>

#include <set>

namespace slipway::bind {

class OwnedFds {
 public:
  static void install(Napi::Env env) { env.SetInstanceData(new OwnedFds); }
  static OwnedFds& of(Napi::Env env) { return *env.GetInstanceData<OwnedFds>(); }

  ~OwnedFds() {
    for (const int fd : fds_) ::close(fd);
  }

  int give(int fd) {
    fds_.insert(fd);
    return fd;
  }
  void close(int fd) {
    fds_.erase(fd);
    ::close(fd);
  }

 private:
  std::set<int> fds_;
};

}  // namespace slipway::bind
