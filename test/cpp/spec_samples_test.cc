// SPDX-License-Identifier: Apache-2.0
// Whole documents: our fixtures, and the samples beside the OCI schema where
// this machine has them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <string>

#include "needs.h"
#include "spec/reader.h"
#include "spec_fixtures.h"

using slipway::json::JsonError;
using slipway::spec::readSpec;
using slipway::test::errorOf;
using slipway::test::filesOf;
using slipway::test::readText;
using slipway::test::specFixtures;

TEST(SpecSamples, ReadsEveryGoodFixture) {
  for (const auto& file : filesOf(specFixtures() / "good")) {
    EXPECT_NO_THROW(readSpec(readText(file))) << file;
  }
}

TEST(SpecSamples, RefusesEveryBadFixtureByField) {
  const std::map<std::string, std::string> fields = {
      {"annotation-number", "annotations[\"org.example.key\"]"},
      {"duplicate-key", "process.noNewPrivileges"},
      {"escaped-duplicate-key", "root.path"},
      {"memory-limit-huge", "linux.resources.memory.limit"},
      {"memory-limit-text", "linux.resources.memory.limit"},
      {"mount-option-number", "mounts[1].options[1]"},
      {"namespace-twice", "linux.namespaces[2].type"},
      {"nul-in-path", "root.path"},
      {"trailing-content", ""},
      {"truncated", ""},
      {"version-missing", "ociVersion"},
      {"version-two", "ociVersion"},
  };
  const auto files = filesOf(specFixtures() / "bad");
  EXPECT_EQ(files.size(), fields.size());
  for (const auto& file : files) {
    try {
      readSpec(readText(file));
      ADD_FAILURE() << file << " was not refused";
    } catch (const JsonError& error) {
      EXPECT_EQ(error.field, fields.at(file.stem())) << error.what();
    }
  }
}

class SchemaSamples : public testing::Test {
 protected:
  void SetUp() override {
    const char* chosen = std::getenv("SLIPWAY_SHARED");
    const auto shared = chosen ? std::filesystem::path(chosen)
                               : std::filesystem::path(SLIPWAY_FIXTURES) / "../../../shared";
    folder_ = shared / "reference/oci/runtime-spec/schema/test/config";
    const bool there = std::filesystem::exists(folder_);
    if (chosen) {
      ASSERT_TRUE(there) << folder_ << " is not there";
    }
    SLIPWAY_NEEDS_KIND(there, "samples of the OCI schema, named by SLIPWAY_SHARED");
  }

  std::filesystem::path folder_;
};

TEST_F(SchemaSamples, AllGoodOnesAreRead) {
  const auto files = filesOf(folder_ / "good");
  EXPECT_FALSE(files.empty());
  for (const auto& file : files) {
    std::string text = readText(file);
    // One sample is older than version 1 of the text; all but that still holds.
    const std::string old = "\"0.5.0-dev\"";
    if (const size_t at = text.find(old); at != std::string::npos) {
      EXPECT_EQ(errorOf(text), "ociVersion: expected a version 1.x.y, got " + old);
      text.replace(at, old.size(), "\"1.2.0\"");
    }
    EXPECT_NO_THROW(readSpec(text)) << file;
  }
}

TEST_F(SchemaSamples, AllBadOnesAreRefusedByField) {
  const std::map<std::string, std::string> fields = {
      {"invalid-json", ""},
      {"linux-hugepage", "linux.resources.hugepageLimits[0].pageSize"},
      {"linux-netdevice", "linux.netDevices.eth0.name"},
      {"linux-rdma", "linux.resources.rdma.mlx5_1.hcaHandles"},
  };
  for (const auto& file : filesOf(folder_ / "bad")) {
    try {
      readSpec(readText(file));
      ADD_FAILURE() << file << " was not refused";
    } catch (const JsonError& error) {
      EXPECT_EQ(error.field, fields.at(file.stem())) << error.what();
    }
  }
}
