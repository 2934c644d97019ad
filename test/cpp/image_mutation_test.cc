// SPDX-License-Identifier: Apache-2.0
// Archives with bytes changed at random, the same ones each run: every one ends
// in a tree or in an error that says what is wrong, with the sanitizers watching.
#include <gtest/gtest.h>

#include <random>

#include "image/remove_tree.h"
#include "image/unpack_error.h"
#include "image_archive.h"
#include "image_fixture.h"
#include "sys/error.h"

namespace slipway {
namespace {

class ImageMutation : public ImageTest {};

Archive sample() {
  Archive archive;
  archive.pax({{"mtime", "12.5"}, {"SCHILY.xattr.user.a", "value"}})
      .file("folder/file", std::string(600, 'd'));
  archive.folder("folder").symlink("folder/link", "../x").hardLink("hard", "folder/file");
  archive.longName(std::string(140, 'n')).file("cut", "long");
  archive.pax(
      {{"GNU.sparse.major", "1"}, {"GNU.sparse.minor", "0"}, {"GNU.sparse.realsize", "4096"}});
  archive.file("sparse", "2\n0\n4\n4090\n6\n" + std::string(512 - 13, '\0') + "0123456789");
  archive.pax({{"GNU.sparse.size", "100"}, {"GNU.sparse.map", "0,2,50,2"}})
      .file("sparse01", "data");
  archive.add({.name = "pipe", .type = '6'});
  return archive;
}

// Headers get a right checksum again, or nearly all changes would end there.
void sealAll(std::string& bytes, std::mt19937& random) {
  for (size_t at = 0; at + 512 <= bytes.size(); at += 512)
    if (bytes.compare(at + 257, 5, "ustar") == 0 && random() % 16) Archive::seal(&bytes[at]);
}

TEST_F(ImageMutation, EndsInATreeOrAnError) {
  std::mt19937 random(20240229);
  const Archive whole = sample();
  whole.unpack(dir());
  UnpackOptions options;
  options.limits.maxBytes = 1 << 20;
  int refused = 0, unpacked = 0;
  for (int round = 0; round < 400; round++) {
    Archive changed = whole;
    const int count = 1 + static_cast<int>(random() % 4);
    for (int i = 0; i < count; i++) {
      const char digits[] = "0123456789/.\n =\xff\x80";
      changed.bytes[random() % changed.bytes.size()] =
          random() % 2 ? static_cast<char>(random()) : digits[random() % (sizeof digits - 1)];
    }
    sealAll(changed.bytes, random);
    makeDir("root");
    const Fd root = openDir("root");
    try {
      changed.unpack(root.get(), options);
      unpacked++;
    } catch (const UnpackError& error) {
      EXPECT_FALSE(error.code.empty());
      refused++;
    } catch (const SysError& error) {
      EXPECT_NE(0, error.err);
      refused++;
    }
    removeTree(dir(), "root");
  }
  EXPECT_GT(refused, 50);
  EXPECT_GT(unpacked, 50);
}

}  // namespace
}  // namespace slipway
