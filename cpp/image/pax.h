// SPDX-License-Identifier: Apache-2.0
// Extended headers of tar (POSIX pax, and GNU's sparse keywords in them).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "image/tar_entry.h"

namespace slipway {

struct PaxRecords {
  std::optional<std::string> path, linkPath, size, uid, gid, mtime;
  std::optional<std::string> sparseName, sparseSize, sparseRealSize, sparseMap, sparseMajor,
      sparseMinor;
  std::vector<TarRun> sparseRuns;  // form 0.0: one record an offset, one a length
  std::vector<std::pair<std::string, std::string>> xattrs;

  // Adds the records of one extended header; an empty value takes one away.
  void parse(std::string_view payload);
  // Those of `later` win.
  void merge(const PaxRecords& later);

 private:
  void set(std::string_view key, std::string_view value);
  void setXattr(std::string_view name, std::string_view value);
  bool setSparse(std::string_view key, std::string_view value);
};

}  // namespace slipway
