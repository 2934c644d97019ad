// SPDX-License-Identifier: Apache-2.0
#include "container/etc_files.h"

#include <fcntl.h>

#include "sys/detached_mount.h"
#include "sys/error.h"
#include "sys/path.h"

namespace slipway {
namespace {

constexpr const char* kStep = "put files";

}  // namespace

std::vector<Fd> prepareFiles(const std::vector<FilePlan>& files, const std::string& dir) {
  std::vector<Fd> mounts;
  if (files.empty()) return mounts;
  FsContext fs("tmpfs", kStep, dir);
  fs.set("mode", "755");
  fs.set("size", "1m");
  const Fd box = fs.mount(0);
  const Fd place(check(open(dir.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC), kStep, "open", dir));
  attachMount(box.get(), place.get(), kStep, dir);
  for (size_t i = 0; i < files.size(); i++) {
    const std::string name = std::to_string(i);
    writeFileAt(box.get(), name, files[i].content, O_CREAT | O_EXCL, 0644, kStep);
    mounts.push_back(cloneMount(box.get(), name, false, kStep));
  }
  return mounts;
}

void attachFiles(int root, const std::vector<FilePlan>& files, const std::vector<Fd>& mounts) {
  for (size_t i = 0; i < files.size(); i++) {
    const Fd target = makeFileInRoot(root, files[i].path, kStep);
    attachMount(mounts[i].get(), target.get(), kStep, files[i].path);
  }
}

}  // namespace slipway
