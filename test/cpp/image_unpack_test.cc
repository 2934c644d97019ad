// SPDX-License-Identifier: Apache-2.0
#include "image/unpack.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "image/pack.h"
#include "image/unpack_error.h"
#include "image_archive.h"
#include "image_fixture.h"
#include "needs.h"
#include "sys/error.h"

namespace slipway {
namespace {

class ImageUnpack : public ImageTest {
 protected:
  ImageUnpack() { makeDir("root"); }

  Fd root() const { return openDir("root"); }
  int shell(const std::string& command) const {
    return system(("cd " + path() + " && { " + command + "; } > shell.log 2>&1").c_str());
  }
  std::string xattr(const std::string& name, const char* key) const {
    char value[256];
    const ssize_t n = lgetxattr((path() + "/" + name).c_str(), key, value, sizeof value);
    return n < 0 ? "none" : std::string(value, static_cast<size_t>(n));
  }
  std::string packed(const std::string& name) {
    const std::string file = path() + "/packed.tar";
    const Fd out(open(file.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    packTar(openDir(name).get(), out.get());
    return read("packed.tar");
  }
  UnpackResult unpackFile(const std::string& name, const UnpackOptions& options = {}) {
    const Fd archive(openat(dir(), name.c_str(), O_RDONLY | O_CLOEXEC));
    return unpackTar(archive.get(), root().get(), options);
  }
  void makeTree() {
    makeDir("source/folder/below");
    makeDir("source/closed");
    write("source/file", std::string(100000, 'q') + "end");
    write("source/empty", "");
    write("source/folder/" + std::string(180, 'n'), "long");
    write("source/closed/file", "inside");
    ASSERT_EQ(
        0,
        shell(
            "cd source && ln file folder/hard && ln -s ../file folder/soft && ln -s /absolute gone "
            "&&"
            "mkfifo pipe && ln -s $(printf 'l%.0s' $(seq 150)) longlink &&"
            "truncate -s 3M sparse && printf data | dd of=sparse bs=1 seek=1000000 conv=notrunc &&"
            "chmod 4755 empty && chmod 1777 folder && chmod 0500 closed &&"
            "setfattr -n user.note -v kept file && setfattr -n trusted.mark -v dir folder"));
    ASSERT_EQ(0, shell("cd source && mknod null c 1 3 && mknod disk b 254 300 && chown 1000:2000 "
                       "folder/below &&"
                       "chown 70000:3000000 empty && chmod 4755 empty && chown -h 5:6 gone"));
    ASSERT_EQ(0, shell("cd source && touch -d '2001-02-03 04:05:06.123456789' file &&"
                       "touch -d @5 folder/below && touch -d @7 closed && touch -h -d @8 gone"));
  }
};

struct Writer {
  const char* name;
  const char* command;
  bool exact;  // keeps nanoseconds and extended attributes
};
void PrintTo(const Writer& writer, std::ostream* out) { *out << writer.name; }

class ImageRoundTrip : public ImageUnpack, public ::testing::WithParamInterface<Writer> {};

TEST_P(ImageRoundTrip, RestoresWhatTheToolWrote) {
  SLIPWAY_NEEDS(isRoot(), "root for devices and owners");
  SLIPWAY_NEEDS(hasTools("tar bsdtar setfattr"), "tar, bsdtar and setfattr");
  makeTree();
  ASSERT_EQ(0, shell(std::string(GetParam().command) + " > made.tar")) << read("shell.log");
  unpackFile("made.tar");
  EXPECT_EQ(0, shell("tar -df made.tar -C root")) << read("shell.log");
  EXPECT_EQ("../file", linkOf("root/folder/soft"));
  EXPECT_EQ(status("root/file").st_ino, status("root/folder/hard").st_ino);
  EXPECT_EQ(makedev(254, 300), status("root/disk").st_rdev);
  EXPECT_EQ(04755u, status("root/empty").st_mode & 07777);
  EXPECT_EQ(3000000u, status("root/empty").st_gid);
  EXPECT_EQ(5, status("root/folder/below").st_mtim.tv_sec);
  EXPECT_EQ(8, status("root/gone").st_mtim.tv_sec);
  EXPECT_EQ(read("source/sparse"), read("root/sparse"));
  if (GetParam().exact) {
    EXPECT_TRUE(packed("source") == packed("root"));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Tools, ImageRoundTrip,
    ::testing::Values(
        Writer{"GnuPax", "tar -C source --format=pax --xattrs --xattrs-include='*' -c .", true},
        Writer{
            "GnuPaxSparse00",
            "tar -C source --format=pax --sparse-version=0.0 --xattrs --xattrs-include='*' -Sc .",
            true},
        Writer{
            "GnuPaxSparse01",
            "tar -C source --format=pax --sparse-version=0.1 --xattrs --xattrs-include='*' -Sc .",
            true},
        Writer{
            "GnuPaxSparse10",
            "tar -C source --format=pax --sparse-version=1.0 --xattrs --xattrs-include='*' -Sc .",
            true},
        Writer{"GnuGnu", "tar -C source --format=gnu -c .", false},
        Writer{"GnuGnuSparse", "tar -C source --format=gnu -Sc .", false},
        Writer{"GnuOldGnu", "tar -C source --format=oldgnu -Sc .", false},
        Writer{"BsdPax", "bsdtar -C source --format=pax --xattrs -c .", true},
        Writer{"BsdGnu", "bsdtar -C source --format=gnutar -c .", false}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_F(ImageUnpack, WhatItPacksGnuTarAndItselfRead) {
  SLIPWAY_NEEDS(isRoot(), "root for devices and owners");
  SLIPWAY_NEEDS(hasTools("tar bsdtar setfattr"), "tar, bsdtar and setfattr");
  makeTree();
  const std::string first = packed("source");
  write("made.tar", first);
  EXPECT_EQ(0, shell("tar -df made.tar -C source")) << read("shell.log");
  unpackFile("made.tar");
  EXPECT_TRUE(first == packed("root"));
  EXPECT_EQ(0, shell("bsdtar -tf made.tar")) << read("shell.log");
}

TEST_F(ImageUnpack, SparseFilesStaySparse) {
  SLIPWAY_NEEDS(hasTools("tar"), "tar");
  makeDir("source");
  ASSERT_EQ(0, shell("cd source && truncate -s 64M f && for i in $(seq 0 60); do printf x |"
                     "dd of=f bs=1 seek=$((i * 1048576)) conv=notrunc status=none; done && cd .. &&"
                     "tar -C source --format=gnu -Sc . > made.tar"));
  unpackFile("made.tar");
  EXPECT_EQ(64 << 20, status("root/f").st_size);
  EXPECT_LT(status("root/f").st_blocks * 512, 2 << 20);
  EXPECT_EQ(0, shell("cmp source/f root/f"));
}

TEST_F(ImageUnpack, OldHeadersWithoutMagicAreRead) {
  Archive archive;
  archive.add({.name = "folder/", .type = '\0', .mode = 0755, .magic = std::string(8, '\0')});
  archive.add({.name = "folder/file", .type = '\0', .data = "old", .magic = std::string(8, '\0')});
  archive.unpack(root().get());
  EXPECT_EQ("old", read("root/folder/file"));
}

TEST_F(ImageUnpack, TimesBeforeTheEpochAndNanosecondsAreKept) {
  Archive().pax({{"mtime", "-1.25"}}).file("f").unpack(root().get());
  EXPECT_EQ(-2, status("root/f").st_mtim.tv_sec);
  EXPECT_EQ(750000000, status("root/f").st_mtim.tv_nsec);
}

TEST_F(ImageUnpack, AnEmptyPaxValueTakesAGlobalOneAway) {
  Archive().pax({{"mtime", "77"}}, 'g').file("a").unpack(root().get());
  EXPECT_EQ(77, status("root/a").st_mtim.tv_sec);
}

TEST_F(ImageUnpack, LaterMembersReplaceEarlierOnes) {
  Archive archive;
  archive.folder("a")
      .file("a/b", "1")
      .file("a", "2")
      .folder("a")
      .file("a/c", "3")
      .file("a/c", "4")
      .symlink("a/c", "x");
  archive.unpack(root().get());
  EXPECT_EQ("x", linkOf("root/a/c"));
  EXPECT_FALSE(exists("root/a/b"));
}

TEST_F(ImageUnpack, FoldersAreMerged) {
  Archive().folder("a", 0700).file("a/b").folder("a", 0750).unpack(root().get());
  EXPECT_TRUE(exists("root/a/b"));
  EXPECT_EQ(0750u, status("root/a").st_mode & 07777);
}

TEST_F(ImageUnpack, KeepKindsRefusesToReplaceAFolder) {
  UnpackOptions options;
  options.keepKinds = true;
  try {
    Archive().folder("a").file("a").unpack(root().get(), options);
    FAIL() << "no error";
  } catch (const SysError& error) {
    EXPECT_EQ(EISDIR, error.err);
  }
  EXPECT_THROW(Archive().file("b").folder("b").unpack(root().get(), options), SysError);
  EXPECT_NO_THROW(Archive().file("c").file("c", "new").folder("a").unpack(root().get(), options));
  EXPECT_EQ("new", read("root/c"));
}

TEST_F(ImageUnpack, TheRootTakesItsOwnMember) {
  Archive().folder("./", 0711).file("./f").unpack(root().get());
  EXPECT_EQ(0711u, status("root").st_mode & 07777);
  EXPECT_EQ(1, status("root").st_mtim.tv_sec);
}

TEST_F(ImageUnpack, MissingParentsAreMadeAndLinksInsideAreFollowed) {
  Archive()
      .folder("usr/lib")
      .symlink("lib", "/usr/lib")
      .file("lib/x/y", "through")
      .unpack(root().get());
  EXPECT_EQ("through", read("root/usr/lib/x/y"));
  EXPECT_EQ(0755u, status("root/usr/lib/x").st_mode & 07777);
}

TEST_F(ImageUnpack, ADefaultAccessListIsNotInheritedByWhatIsUnpackedAfterIt) {
  // Version 2; user::rwx, group::rwx, other::rwx.
  const std::string acl(
      "\2\0\0\0\1\0\7\0\xff\xff\xff\xff\4\0\7\0\xff\xff\xff\xff\40\0\7\0\xff\xff\xff\xff", 28);
  Archive archive;
  archive.pax({{"SCHILY.xattr.system.posix_acl_default", acl}}).folder("d").folder("d/e", 0700);
  archive.unpack(root().get());
  EXPECT_EQ(acl, xattr("root/d", "system.posix_acl_default"));
  EXPECT_EQ("none", xattr("root/d/e", "system.posix_acl_default"));
  EXPECT_EQ(0700u, status("root/d/e").st_mode & 07777);
}

TEST_F(ImageUnpack, OverlayAttributesAreDroppedAndCounted) {
  Archive archive;
  archive.pax({{"SCHILY.xattr.trusted.overlay.opaque", "y"},
               {"SCHILY.xattr.user.overlay.redirect", "/x"},
               {"SCHILY.xattr.trusted.overlay.metacopy", ""},
               {"SCHILY.xattr.user.kept", "1"}});
  const UnpackResult result = archive.folder("d").unpack(root().get());
  EXPECT_EQ("none", xattr("root/d", "trusted.overlay.opaque"));
  EXPECT_EQ("none", xattr("root/d", "user.overlay.redirect"));
  EXPECT_EQ("1", xattr("root/d", "user.kept"));
  EXPECT_EQ(3u, result.metadata.droppedXattrs);
}

TEST_F(ImageUnpack, AttributesNoFileSystemHasAreSkippedAndCounted) {
  const UnpackResult result =
      Archive().pax({{"SCHILY.xattr.nonsense.x", "1"}}).file("f").unpack(root().get());
  EXPECT_EQ(1u, result.metadata.skippedXattrs);
}

TEST_F(ImageUnpack, FileCapabilitiesSurviveTheChangeOfOwner) {
  SLIPWAY_NEEDS(isRoot(), "root to set file capabilities");
  const std::string caps("\1\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
  Archive()
      .pax({{"SCHILY.xattr.security.capability", caps}})
      .add({.name = "f", .mode = 0755, .uid = "0001750"})
      .unpack(root().get());
  EXPECT_EQ(caps, xattr("root/f", "security.capability"));
}

TEST_F(ImageUnpack, OverlayWhiteoutsBecomeWhatOverlayfsReads) {
  SLIPWAY_NEEDS(isRoot(), "root for trusted attributes");
  UnpackOptions options;
  options.whiteouts = Whiteouts::overlay;
  Archive archive;
  archive.folder("d")
      .file("d/.wh.gone")
      .folder("o")
      .file("o/.wh..wh..opq")
      .file(".wh..wh.plnk")
      .file("kept", "1");
  archive.file(".wh.kept")
      .file(".wh.again")
      .folder("again")
      .file("again/new")
      .add({.name = "dev", .type = '3'});
  const UnpackResult result = archive.unpack(root().get(), options);
  EXPECT_TRUE(S_ISCHR(status("root/d/gone").st_mode));
  EXPECT_EQ(0u, status("root/d/gone").st_rdev);
  EXPECT_EQ("y", xattr("root/o", "trusted.overlay.opaque"));
  EXPECT_EQ("1", read("root/kept"));
  EXPECT_EQ("y", xattr("root/again", "trusted.overlay.opaque"));
  EXPECT_TRUE(exists("root/again/new"));
  EXPECT_TRUE(S_ISCHR(status("root/dev").st_mode));
  EXPECT_FALSE(exists("root/.wh..wh.plnk"));
  EXPECT_EQ(6u, result.whiteouts);
  for (const char* name : {".wh.", ".wh...", ".wh....", "a/.wh..."}) {
    if (std::string(name) == ".wh....") continue;  // removes "..."
    EXPECT_THROW(Archive().file(name).unpack(root().get(), options), UnpackError) << name;
  }
}

TEST_F(ImageUnpack, PlainWhiteoutNamesAreNames) {
  UnpackOptions options;
  options.whiteouts = Whiteouts::plain;
  Archive().file(".wh.x", "1").unpack(root().get(), options);
  EXPECT_EQ("1", read("root/.wh.x"));
  EXPECT_THROW(Archive().add({.name = "dev", .type = '3'}).unpack(root().get(), options),
               UnpackError);
}

std::string codeOf(const Archive& archive, int folder, const UnpackOptions& options,
                   bool endMark = true) {
  try {
    archive.unpack(folder, options, endMark);
    return "";
  } catch (const UnpackError& error) {
    return error.code;
  }
}

TEST_F(ImageUnpack, LimitsHold) {
  UnpackOptions few, small;
  few.limits.maxEntries = 3;
  small.limits.maxBytes = 4096;
  EXPECT_EQ("", codeOf(Archive().file("a").file("b").file("c"), root().get(), few));
  EXPECT_EQ("TOO_MANY_ENTRIES",
            codeOf(Archive().file("a").file("b").file("c").file("d"), root().get(), few));
  EXPECT_EQ("TOO_LARGE", codeOf(Archive().file("a", std::string(8192, 'x')), root().get(), small));
  EXPECT_EQ("TOO_LARGE",
            codeOf(Archive().file("a").raw(std::string(8192, '\0')), root().get(), small));
}

TEST_F(ImageUnpack, EveryTruncationIsFoundOrHarmless) {
  Archive whole;
  whole.pax({{"mtime", "3.5"}})
      .file("file", std::string(700, 'd'))
      .folder("folder")
      .longName(std::string(150, 'n'))
      .file("x", "y");
  for (size_t length = 1; length < whole.bytes.size(); length += 37) {
    Archive cut;
    cut.bytes = whole.bytes.substr(0, length);
    const std::string code = codeOf(cut, root().get(), {}, false);
    // Cut in the zeros behind a member's data, nothing of it is missing.
    const bool complete = length % 512 == 0 || (length >= 1536 + 700 && length < 2560) ||
                          length > whole.bytes.size() - 512;
    EXPECT_EQ(length < 512 ? "NOT_AN_ARCHIVE" : complete ? "" : "TRUNCATED", code) << length;
  }
}

TEST_F(ImageUnpack, BytesBehindTheEndAreReadButNotUsed) {
  Archive archive;
  archive.file("a").raw(std::string(1024, '\0')).file("b");
  const UnpackResult result = archive.unpack(root().get());
  EXPECT_FALSE(exists("root/b"));
  EXPECT_EQ(archive.bytes.size() + 1024, result.archiveBytes);
}

TEST_F(ImageUnpack, AnEmptyArchiveIsAnEmptyTree) {
  EXPECT_EQ(0u, Archive().unpack(root().get(), {}, false).entries);
}

// Runs `body` as root of a user namespace with one id.
int inUserNamespace(const std::function<int()>& body) {
  const pid_t pid = fork();
  if (pid != 0) return pid;
  const auto put = [](const char* path, const char* text) {
    const Fd file(open(path, O_WRONLY | O_CLOEXEC));
    return write(file.get(), text, strlen(text)) > 0;
  };
  if (unshare(CLONE_NEWUSER) || !put("/proc/self/setgroups", "deny") ||
      !put("/proc/self/uid_map", "0 0 1") || !put("/proc/self/gid_map", "0 0 1"))
    _exit(100);
  try {
    _exit(body());
  } catch (const std::exception& error) {
    fprintf(stderr, "%s\n", error.what());
    _exit(101);
  }
}

TEST_F(ImageUnpack, InAUserNamespaceOwnersAreSquashedAndDevicesSkipped) {
  SLIPWAY_NEEDS(getuid() == 0, "root: the folder must belong to the mapped id");
  SLIPWAY_NEEDS_KIND(test::kOneThread, "processes of one thread, so no ThreadSanitizer");
  Archive archive;
  archive.add({.name = "suid", .mode = 04755, .uid = "0001750"})
      .add({.name = "own", .mode = 04755});
  archive.add({.name = "null", .type = '3', .major = "0000001", .minor = "0000003"})
      .add({.name = "pipe", .type = '6'});
  const int pid = inUserNamespace([&] {
    try {
      archive.unpack(root().get());
      return 1;
    } catch (const SysError& error) {
      if (error.err != EINVAL) return 2;
    }
    UnpackOptions options;
    options.squashOwners = true;
    options.whiteouts = Whiteouts::overlay;
    const UnpackResult result =
        archive.folder("d").file("d/.wh.x").file("d/.wh..wh..opq").unpack(root().get(), options);
    return result.metadata.squashedOwners == 1 && result.skippedDevices == 1 ? 0 : 3;
  });
  EXPECT_EQ(0, exitStatus(pid));
  EXPECT_EQ(0755u, status("root/suid").st_mode & 07777);
  EXPECT_EQ(04755u, status("root/own").st_mode & 07777);
  EXPECT_FALSE(exists("root/null"));
  EXPECT_TRUE(exists("root/pipe"));
  EXPECT_TRUE(S_ISCHR(status("root/d/x").st_mode));
  EXPECT_EQ("y", xattr("root/d", "user.overlay.opaque"));
}

}  // namespace
}  // namespace slipway
