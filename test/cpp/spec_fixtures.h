// SPDX-License-Identifier: Apache-2.0
// Sample configurations for the tests of spec/.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "spec/reader.h"

namespace slipway::test {

inline std::string readText(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file || text.str().empty()) ADD_FAILURE() << "cannot read " << path;
  return text.str();
}

inline std::vector<std::filesystem::path> filesOf(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// What the reader of a configuration says against it.
inline std::string errorOf(const std::string& text) {
  try {
    spec::readSpec(text);
  } catch (const json::JsonError& error) {
    return error.what();
  }
  return "nothing was refused";
}

inline std::filesystem::path specFixtures() {
  return std::filesystem::path(SLIPWAY_FIXTURES) / "spec";
}

}  // namespace slipway::test
