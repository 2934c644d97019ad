// SPDX-License-Identifier: Apache-2.0
#include "image/copy_file.h"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "sys/error.h"

namespace slipway {
namespace {

constexpr const char* kStep = "copy file";

bool isUnsupported(int err) {
  return err == EXDEV || err == EINVAL || err == ENOSYS || err == EOPNOTSUPP;
}

void copyByBuffer(int from, int to, off_t offset, off_t end, const std::string& path) {
  std::vector<char> buffer(256 * 1024);
  while (offset < end) {
    const auto want =
        static_cast<size_t>(std::min<off_t>(end - offset, static_cast<off_t>(buffer.size())));
    const ssize_t n = check(pread(from, buffer.data(), want, offset), kStep, "pread", path);
    if (n == 0) return;
    for (ssize_t done = 0; done < n;)
      done += check(pwrite(to, buffer.data() + done, static_cast<size_t>(n - done), offset + done),
                    kStep, "pwrite", path);
    offset += n;
  }
}

void copyRange(int from, int to, off_t offset, off_t end, const std::string& path) {
  while (offset < end) {
    off_t in = offset, out = offset;
    const ssize_t n = copy_file_range(from, &in, to, &out, static_cast<size_t>(end - offset), 0);
    if (n < 0 && isUnsupported(errno)) return copyByBuffer(from, to, offset, end, path);
    // Files of some virtual file systems have bytes that only read(2) sees.
    if (check(n, kStep, "copy_file_range", path) == 0)
      return copyByBuffer(from, to, offset, end, path);
    offset += n;
  }
}

}  // namespace

void copyFileContent(int from, int to, uint64_t size, const std::string& path) {
  if (size == 0 || ioctl(to, FICLONE, from) == 0) return;
  const auto end = static_cast<off_t>(size);
  check(ftruncate(to, end), kStep, "ftruncate", path);
  for (off_t at = 0; at < end;) {
    const off_t data = lseek(from, at, SEEK_DATA);
    if (data < 0 && errno == ENXIO) return;  // nothing but a hole is left
    if (data < 0) return copyRange(from, to, at, end, path);
    const off_t hole = check(lseek(from, data, SEEK_HOLE), kStep, "lseek", path);
    copyRange(from, to, data, std::min(hole, end), path);
    at = hole;
  }
}

}  // namespace slipway
