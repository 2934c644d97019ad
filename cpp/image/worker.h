// SPDX-License-Identifier: Apache-2.0
// The long file work of images, as one request in and one answer out. The
// supervisor calls it in a process forked for this one request.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sys/fd.h"

namespace slipway {

// Requests:
//   {"op":"unpack","path":FOLDER,"options":{...}}   fds[0] is read: the archive
//   {"op":"pack","path":FOLDER}                     fds[0] is written: the archive
//   {"op":"copy","source":FOLDER,"destination":FOLDER,"options":{...}}
//   {"op":"remove","path":PATH}                     a missing one is success
//   {"op":"move","source":PATH,"destination":PATH}  rename(2)
// `options` of unpack: whiteouts ("refuse" "overlay" "plain"), squashOwners,
// keepKinds, sync, maxBytes, maxEntries; of copy: squashOwners, sync.
//
// Answers: {"result":{...counts}}, {"result":{"refused":{code,path,message}}} for
// a bad archive, {"error":{step,syscall,path,errno,hint}} for what the kernel
// refused and for a bad request. Sets the umask of the process and ignores SIGPIPE.
std::string runImageWorker(std::string_view request, const std::vector<Fd>& fds);

}  // namespace slipway
