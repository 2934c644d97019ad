// SPDX-License-Identifier: Apache-2.0
#include "container/mount_options.h"

#include <gtest/gtest.h>
#include <sys/mount.h>

#include "sys/kernel.h"

namespace slipway {
namespace {

using namespace kernel;

TEST(MountOptions, SortsFlagsWordsAndValues) {
  const MountOptions options =
      parseMountOptions({"nosuid", "noexec", "mode=755", "size=64m", "ro", "sync"});
  EXPECT_EQ(options.attrSet, uint64_t{kAttrNosuid | kAttrNoexec | kAttrRdonly});
  ASSERT_EQ(options.superblock.size(), 3u);
  EXPECT_EQ(options.superblock[0].first, "mode");
  EXPECT_EQ(options.superblock[0].second, "755");
  EXPECT_EQ(options.superblock[2].first, "sync");
  EXPECT_FALSE(options.superblock[2].second);
}

TEST(MountOptions, TheLastOfTwoOppositesWins) {
  const MountOptions options = parseMountOptions({"ro", "rw", "nosuid", "suid"});
  EXPECT_EQ(options.attrSet, 0u);
  EXPECT_EQ(options.attrClr, uint64_t{kAttrRdonly | kAttrNosuid});
}

TEST(MountOptions, AnRBeforeAWordMeansTheWholeTree) {
  const MountOptions options = parseMountOptions({"rbind", "rro", "rnosuid"});
  EXPECT_TRUE(options.bind);
  EXPECT_TRUE(options.recursive);
  EXPECT_EQ(options.recSet, uint64_t{kAttrRdonly | kAttrNosuid});
  EXPECT_EQ(options.attrSet, 0u);
}

TEST(MountOptions, AccessTimesExcludeEachOther) {
  const MountOptions options = parseMountOptions({"noatime", "strictatime"});
  EXPECT_EQ(options.attrSet & kAttrAtimeMask, uint64_t{kAttrStrictatime});
  EXPECT_EQ(options.attrClr & kAttrAtimeMask, uint64_t{kAttrAtimeMask});
}

TEST(MountOptions, KnowsEveryPropagation) {
  EXPECT_EQ(propagationFlag("private"), uint64_t{MS_PRIVATE});
  EXPECT_EQ(propagationFlag("rslave"), uint64_t{MS_SLAVE});
  EXPECT_EQ(propagationFlag("rshared"), uint64_t{MS_SHARED});
  EXPECT_EQ(propagationFlag("unbindable"), uint64_t{MS_UNBINDABLE});
  EXPECT_EQ(propagationFlag("ro"), 0u);
  EXPECT_TRUE(parseMountOptions({"rslave"}).propagationRecursive);
  EXPECT_FALSE(parseMountOptions({"slave"}).propagationRecursive);
}

TEST(MountOptions, KnowsIdmapAndCopyUp) {
  EXPECT_TRUE(parseMountOptions({"idmap"}).idmap);
  EXPECT_FALSE(parseMountOptions({"idmap"}).idmapRecursive);
  EXPECT_TRUE(parseMountOptions({"ridmap"}).idmapRecursive);
  EXPECT_TRUE(parseMountOptions({"tmpcopyup"}).copyUp);
}

}  // namespace
}  // namespace slipway
