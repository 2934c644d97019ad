// SPDX-License-Identifier: Apache-2.0
// All that a container's first process needs to know, read once from JSON
// before the first step: the OCI Spec, and what OCI leaves to the engine (where
// the layers are, files to put into /etc, which compiled filter).
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/json.h"
#include "spec/spec.h"

namespace slipway {

// One overlay of the container: the root ("/") or, for an image that reads
// folders of the machine in place, a folder such as /usr.
struct OverlayPlan {
  std::string target;
  std::vector<std::string> lower;  // absolute paths, the topmost layer first
};

struct RootfsPlan {
  std::vector<OverlayPlan> overlays;  // the first one is "/"; empty: spec.root.path is bound
  std::string dir;  // the container's own folder, for upper and work folders; empty: a new one
  bool isVolatile = true;  // no write-back is waited for when the container ends
};

struct FilePlan {
  std::string path, content;
};

// A process as its user asked for it: names are looked up inside the container.
struct UserPlan {
  std::string user;                   // "", "name", "1000", "name:group", "1000:1000"
  std::vector<std::string> groupAdd;  // names or numbers
  bool fromSpec = true;               // uid and gid of the Spec are final
};

struct ProcessPlan {
  spec::Process process;
  UserPlan user;
  uint64_t filter = 0;                // of system calls, in InitContext::filters; 0: none
  std::vector<int> ownPipes;          // which of 0 1 2 are pipes that the engine made
  bool init = false;                  // stay as process 1, reap, forward signals
  bool rootOnlyCapabilities = false;  // none for another user than root
  bool makeWorkdir = false;           // create a missing cwd
  std::string failPoint;              // fault injection: the step that fails (tests)
};

struct Plan {
  std::string id;
  spec::Spec spec;
  RootfsPlan rootfs;
  std::vector<FilePlan> files;
  ProcessPlan process;
  bool rootless = false;
  std::string shmFrom;  // the neighbour whose /dev/shm is shared; empty: its own
};

Plan readPlan(std::string_view json);

struct ExecPlan {
  ProcessPlan process;
};

ExecPlan readExecPlan(std::string_view json);

}  // namespace slipway
