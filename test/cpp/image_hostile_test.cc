// SPDX-License-Identifier: Apache-2.0
// Archives made to break out. Whatever one does, the folder next to its own
// stays as it was; what cannot be contained is refused with its code.
#include <gtest/gtest.h>
#include <sys/xattr.h>

#include <functional>
#include <map>

#include "image/unpack_error.h"
#include "image_archive.h"
#include "image_fixture.h"
#include "sys/error.h"

namespace slipway {
namespace {

struct Case {
  const char* name;
  std::function<void(Archive&, const std::string& victim)> build;
  const char* code;  // the refusal expected; "" for contained; an errno's name for the kernel's
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class ImageHostile : public ImageTest, public ::testing::WithParamInterface<Case> {
 protected:
  ImageHostile() {
    makeDir("root");
    makeDir("victim/sub");
    write("victim/file", "untouched");
    write("victim/sub/file", "untouched too");
    chmod((path() + "/victim/file").c_str(), 0640);
  }

  // Names, content, modes, owners, times, links and attributes of the victim.
  std::string fingerprint() const {
    std::map<std::string, std::string> lines;
    std::filesystem::path top = path() + "/victim";
    for (const auto& entry : std::filesystem::recursive_directory_iterator(top))
      lines[entry.path()] = describe(entry.path());
    lines[top] = describe(top);
    for (const auto& entry : std::filesystem::directory_iterator(path()))
      lines["/" + entry.path().filename().string()] = "";
    std::string text;
    for (const auto& [name, line] : lines) text += name + " " + line + "\n";
    return text;
  }

 private:
  std::string describe(const std::filesystem::path& file) const {
    struct stat s{};
    lstat(file.c_str(), &s);
    char names[512];
    const ssize_t n = llistxattr(file.c_str(), names, sizeof names);
    std::string content;
    if (S_ISREG(s.st_mode)) {
      std::ostringstream text;
      text << std::ifstream(file).rdbuf();
      content = text.str();
    }
    return std::to_string(s.st_mode) + " " + std::to_string(s.st_uid) + " " +
           std::to_string(s.st_gid) + " " + std::to_string(s.st_nlink) + " " +
           std::to_string(s.st_mtim.tv_sec) + "." + std::to_string(s.st_mtim.tv_nsec) + " " +
           std::string(names, n > 0 ? static_cast<size_t>(n) : 0) + " " + content;
  }
};

TEST_P(ImageHostile, LeavesTheVictimAsItWas) {
  const std::string before = fingerprint();
  const int fds = highestFd();
  Archive archive;
  GetParam().build(archive, path() + "/victim");
  const Fd root = openDir("root");
  std::string code;
  try {
    archive.unpack(root.get());
  } catch (const UnpackError& error) {
    code = error.code;
  } catch (const SysError& error) {
    code = strerrorname_np(error.err);
  }
  EXPECT_EQ(GetParam().code, code);
  EXPECT_EQ(before, fingerprint());
  EXPECT_LE(highestFd(), fds + 1);
}

std::string many(const std::string& part, int count) {
  std::string text;
  for (int i = 0; i < count; i++) text += part;
  return text;
}

std::string oldSparse(const std::string& offset, const std::string& length,
                      const std::string& real) {
  Archive archive;
  archive.add(
      {.name = "sparse", .type = 'S', .data = "data", .magic = std::string("ustar  \0", 8)});
  char* block = archive.bytes.data();
  memcpy(block + 386, offset.data(), offset.size());
  memcpy(block + 398, length.data(), length.size());
  memcpy(block + 483, real.data(), real.size());
  Archive::seal(block);
  return archive.bytes;
}

const std::string kHugeField = std::string("\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", 12);
const std::string kNegativeField =
    std::string("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xf0", 12);

const Case kCases[] = {
    // Names
    {"ParentName", [](Archive& a, auto&) { a.file("../victim/file", "bad"); }, "PATH_ESCAPES"},
    {"ParentNameInside",
     [](Archive& a, auto&) { a.folder("a").file("a/../../victim/file", "bad"); }, "PATH_ESCAPES"},
    {"ParentAlone", [](Archive& a, auto&) { a.folder("..", 0777); }, "PATH_ESCAPES"},
    {"ParentBehindDot", [](Archive& a, auto&) { a.file("./../victim/file", "bad"); },
     "PATH_ESCAPES"},
    {"AbsoluteName", [](Archive& a, const std::string& v) { a.file(v + "/file", "bad"); }, ""},
    {"AbsoluteParent", [](Archive& a, auto&) { a.file("/../victim/file", "bad"); }, "PATH_ESCAPES"},
    {"ParentInPaxPath",
     [](Archive& a, auto&) { a.pax({{"path", "../victim/file"}}).file("x", "bad"); },
     "PATH_ESCAPES"},
    {"ParentInLongName", [](Archive& a, auto&) { a.longName("../victim/file").file("x", "bad"); },
     "PATH_ESCAPES"},
    {"ParentInGlobalHeader",
     [](Archive& a, auto&) { a.pax({{"path", "../victim/file"}}, 'g').file("x"); }, "PATH_ESCAPES"},
    {"ParentInSparseName",
     [](Archive& a, auto&) {
       a.pax({{"GNU.sparse.name", "../victim/file"},
              {"GNU.sparse.size", "1"},
              {"GNU.sparse.map", "0,1"}})
           .file("x");
     },
     "PATH_ESCAPES"},
    {"FileAsRoot", [](Archive& a, auto&) { a.file("./", "").symlink(".", "../victim"); },
     "BAD_NAME"},
    {"LinkAsRoot", [](Archive& a, auto&) { a.symlink("a/..", "../victim"); }, "BAD_NAME"},
    {"EmptyName", [](Archive& a, auto&) { a.file("", "x"); }, "BAD_NAME"},
    {"NulInPaxPath",
     [](Archive& a, auto&) {
       a.pax({{"path", std::string("a\0../../victim/file", 19)}}).file("x");
     },
     "BAD_NAME"},
    {"NulInPaxLink",
     [](Archive& a, auto&) { a.pax({{"linkpath", std::string("a\0b", 3)}}).symlink("l", "x"); },
     "BAD_NAME"},
    {"NulInLongName",
     [](Archive& a, auto&) { a.longName(std::string("ok\0../victim", 12)).file("x"); }, ""},
    {"NewlineName", [](Archive& a, auto&) { a.file("line\n../victim\n", "x"); }, ""},
    {"LongPart", [](Archive& a, auto&) { a.pax({{"path", std::string(300, 'a')}}).file("x"); },
     "NAME_TOO_LONG"},
    {"Name64KiB", [](Archive& a, auto&) { a.longName(std::string(65536, 'a')).file("x"); },
     "NAME_TOO_LONG"},
    {"FourThousandParts",
     [](Archive& a, auto&) { a.pax({{"path", many("a/", 4000) + "b"}}).file("x"); },
     "NAME_TOO_LONG"},
    {"TwoThousandParts",
     [](Archive& a, auto&) { a.pax({{"path", many("a/", 2000) + "b"}}).file("x"); }, "TOO_DEEP"},
    // Links, then something through them
    {"WriteThroughRelativeLink",
     [](Archive& a, auto&) { a.symlink("l", "../victim").file("l/file", "bad"); }, "EEXIST"},
    {"WriteThroughAbsoluteLink",
     [](Archive& a, const std::string& v) { a.symlink("l", v).file("l/file", "bad"); }, "EEXIST"},
    {"WriteOverLinkToFile",
     [](Archive& a, const std::string& v) { a.symlink("l", v + "/file").file("l", "bad"); }, ""},
    {"FolderOverLink",
     [](Archive& a, const std::string& v) {
       a.symlink("l", v).folder("l", 0777).file("l/new", "x");
     },
     ""},
    {"NestedLinks",
     [](Archive& a, auto&) {
       a.folder("a").symlink("a/b", "..").symlink("a/b/c", "../victim").file("c/file", "bad");
     },
     "EEXIST"},
    {"LinkToRootThenParent",
     [](Archive& a, auto&) {
       a.symlink("l", ".").symlink("l/m", "..").file("m/victim/file", "bad");
     },
     ""},
    {"LinkReplacesItsOwnFolder",
     [](Archive& a, const std::string& v) {
       a.folder("d").file("d/a").symlink("d", v).file("d/file", "bad");
     },
     "EEXIST"},
    {"LinkToItselfInPath",
     [](Archive& a, auto&) {
       a.symlink("x", ".").symlink("x/x", "../victim").file("x/file", "bad");
     },
     "EEXIST"},
    {"LinkLoop",
     [](Archive& a, auto&) { a.symlink("a", "b").symlink("b", "a").file("a/file", "bad"); },
     "ELOOP"},
    {"ProcLink",
     [](Archive& a, auto&) {
       a.symlink("l", "/proc/self/root").file("l/tmp/slipway-escape", "bad");
     },
     "EEXIST"},
    {"FifoOverLink",
     [](Archive& a, const std::string& v) {
       a.symlink("l", v + "/file").add({.name = "l", .type = '6'});
     },
     ""},
    {"ChmodThroughLink",
     [](Archive& a, const std::string& v) {
       a.symlink("l", v + "/file")
           .add({.name = "l", .type = '2', .link = v + "/sub", .mode = 0777});
     },
     ""},
    {"AttributeThroughLink",
     [](Archive& a, const std::string& v) {
       a.pax({{"SCHILY.xattr.trusted.evil", "1"}}).symlink("l", v + "/file");
     },
     ""},
    {"OwnerThroughLink",
     [](Archive& a, const std::string& v) {
       a.add({.name = "l", .type = '2', .link = v + "/file", .uid = "0001750"});
     },
     ""},
    {"TimeThroughLink",
     [](Archive& a, const std::string& v) { a.pax({{"mtime", "5.5"}}).symlink("l", v); }, ""},
    {"FolderTimeAfterReplacement",
     [](Archive& a, const std::string& v) { a.folder("d", 0700).symlink("d", v); }, ""},
    // Hard links
    {"HardLinkOut", [](Archive& a, auto&) { a.hardLink("h", "../victim/file"); }, "PATH_ESCAPES"},
    {"HardLinkAbsolute",
     [](Archive& a, const std::string& v) { a.hardLink("h", v + "/file").file("h", "bad"); },
     "BAD_LINK"},
    {"HardLinkThroughLink",
     [](Archive& a, auto&) { a.symlink("l", "../victim").hardLink("h", "l/file"); }, "BAD_LINK"},
    {"HardLinkToLinkThenWrite",
     [](Archive& a, const std::string& v) {
       a.symlink("l", v + "/file").hardLink("h", "l").file("h", "bad");
     },
     ""},
    {"HardLinkToLinkThenThrough",
     [](Archive& a, const std::string& v) {
       a.symlink("l", v).hardLink("h", "l").file("h/file", "bad");
     },
     "EEXIST"},
    {"HardLinkToFolder", [](Archive& a, auto&) { a.folder("d").hardLink("h", "d"); }, "BAD_LINK"},
    {"HardLinkToRoot", [](Archive& a, auto&) { a.hardLink("h", "."); }, "BAD_LINK"},
    {"HardLinkToItself", [](Archive& a, auto&) { a.file("f").hardLink("f", "f"); }, ""},
    {"HardLinkToMissing", [](Archive& a, auto&) { a.hardLink("h", "none"); }, "BAD_LINK"},
    {"EmptyLinkTarget", [](Archive& a, auto&) { a.symlink("l", ""); }, "BAD_LINK"},
    // Overlay and whiteouts
    {"WhiteoutOfParent", [](Archive& a, auto&) { a.file(".wh..."); }, "WHITEOUT"},
    {"WhiteoutOfNothing", [](Archive& a, auto&) { a.file(".wh."); }, "WHITEOUT"},
    {"WhiteoutBehindLink",
     [](Archive& a, auto&) { a.symlink("l", "../victim").file("l/.wh.file"); }, "EEXIST"},
    {"WhiteoutFolder", [](Archive& a, auto&) { a.file(".wh.a/b"); }, "WHITEOUT"},
    {"OpaqueMark", [](Archive& a, auto&) { a.file(".wh..wh..opq"); }, "WHITEOUT"},
    {"ZeroDevice", [](Archive& a, auto&) { a.add({.name = "null", .type = '3'}); }, "WHITEOUT"},
    // Numbers
    {"HugeMajor",
     [](Archive& a, auto&) {
       a.add({.name = "dev", .type = '3', .major = "0010000", .minor = "0000001"});
     },
     "DEVICE_RANGE"},
    {"HugeMinor",
     [](Archive& a, auto&) {
       a.add({.name = "dev", .type = '4', .major = "0000001", .minor = "4000000"});
     },
     "DEVICE_RANGE"},
    {"Minor64Bit",
     [](Archive& a, auto&) {
       a.add({.name = "dev",
              .type = '4',
              .major = "0000001",
              .minor = std::string("\x80\xff\xff\xff\xff\xff\xff\xff", 8)});
     },
     "DEVICE_RANGE"},
    {"PaxSize2To63", [](Archive& a, auto&) { a.pax({{"size", "9223372036854775808"}}).file("x"); },
     "BAD_NUMBER"},
    {"PaxSizeWraps", [](Archive& a, auto&) { a.pax({{"size", "18446744073709551617"}}).file("x"); },
     "BAD_NUMBER"},
    {"PaxSizeNegative", [](Archive& a, auto&) { a.pax({{"size", "-1"}}).file("x"); }, "BAD_NUMBER"},
    {"PaxSizeWords", [](Archive& a, auto&) { a.pax({{"size", "1e3"}}).file("x"); }, "BAD_NUMBER"},
    {"SizeNegative", [](Archive& a, auto&) { a.add({.name = "x", .size = kNegativeField}); },
     "BAD_NUMBER"},
    {"SizeHuge", [](Archive& a, auto&) { a.add({.name = "x", .size = kHugeField}); }, "BAD_NUMBER"},
    {"SizeNotOctal", [](Archive& a, auto&) { a.add({.name = "x", .size = "99999999999"}); },
     "BAD_NUMBER"},
    {"SizeBeyondTheEnd", [](Archive& a, auto&) { a.add({.name = "x", .size = "00000100000"}); },
     "TRUNCATED"},
    {"UserBeyond32Bits", [](Archive& a, auto&) { a.pax({{"uid", "4294967296"}}).file("x"); },
     "BAD_NUMBER"},
    {"UserMinusOne", [](Archive& a, auto&) { a.pax({{"uid", "4294967295"}}).file("x"); },
     "BAD_NUMBER"},
    {"GroupNegative",
     [](Archive& a, auto&) {
       a.add({.name = "x", .gid = std::string("\xff\xff\xff\xff\xff\xff\xff\xff", 8)});
     },
     "BAD_NUMBER"},
    {"TimeHuge", [](Archive& a, auto&) { a.pax({{"mtime", "99999999999999999"}}).file("x"); },
     "BAD_NUMBER"},
    {"TimeHugeNegative",
     [](Archive& a, auto&) { a.pax({{"mtime", "-99999999999999999"}}).file("x"); }, "BAD_NUMBER"},
    {"TimeWords", [](Archive& a, auto&) { a.pax({{"mtime", "12.x"}}).file("x"); }, "BAD_NUMBER"},
    // Headers
    {"WrongChecksum", [](Archive& a, auto&) { a.file("a").add({.name = "b", .wrongSum = 1}); },
     "BAD_HEADER"},
    {"NotAnArchive", [](Archive& a, auto&) { a.raw(std::string(2048, 'z')); }, "NOT_AN_ARCHIVE"},
    {"ShortGarbage",
     [](Archive& a, auto&) { a.raw(std::string(100, 'z') + std::string(412, '\0')); },
     "NOT_AN_ARCHIVE"},
    {"UnknownType", [](Archive& a, auto&) { a.add({.name = "x", .type = 'Z'}); },
     "UNSUPPORTED_TYPE"},
    {"PaxWithoutLength",
     [](Archive& a, auto&) { a.add({.name = "p", .type = 'x', .data = "path=../x\n"}).file("x"); },
     "BAD_HEADER"},
    {"PaxLengthTooLong",
     [](Archive& a, auto&) { a.add({.name = "p", .type = 'x', .data = "99 path=x\n"}).file("x"); },
     "BAD_HEADER"},
    {"PaxLengthWraps",
     [](Archive& a, auto&) {
       a.add({.name = "p", .type = 'x', .data = "18446744073709551617 path=x\n"}).file("x");
     },
     "BAD_HEADER"},
    {"PaxLengthTooShort",
     [](Archive& a, auto&) { a.add({.name = "p", .type = 'x', .data = "2 path=x\n"}).file("x"); },
     "BAD_HEADER"},
    {"PaxRecordHuge",
     [](Archive& a, auto&) {
       a.add({.name = "p", .type = 'x', .data = std::string(2 << 20, 'a')}).file("x");
     },
     "RECORD_TOO_LARGE"},
    {"PaxHeaderClaimsHuge",
     [](Archive& a, auto&) { a.add({.name = "p", .type = 'x', .size = "77777777777"}); },
     "RECORD_TOO_LARGE"},
    {"AttributeTooLarge",
     [](Archive& a, auto&) {
       a.pax({{"SCHILY.xattr.user.big", std::string(70000, 'a')}}).file("x");
     },
     "RECORD_TOO_LARGE"},
    // Sparse files
    {"SparseBeyondEnd",
     [](Archive& a, auto&) { a.raw(oldSparse("00000000144", "00000000004", "00000000010")); },
     "BAD_SPARSE_MAP"},
    {"SparseLengthWrong",
     [](Archive& a, auto&) { a.raw(oldSparse("00000000000", "00000000010", "00000000100")); },
     "BAD_SPARSE_MAP"},
    {"SparseOverlaps",
     [](Archive& a, auto&) {
       a.pax({{"GNU.sparse.size", "100"}, {"GNU.sparse.map", "0,2,1,2"}}).file("x", "data");
     },
     "BAD_SPARSE_MAP"},
    {"SparseWraps",
     [](Archive& a, auto&) {
       a.pax({{"GNU.sparse.size", "100"}, {"GNU.sparse.map", "18446744073709551615,4"}})
           .file("x", "data");
     },
     "BAD_SPARSE_MAP"},
    {"SparseSizeHuge",
     [](Archive& a, auto&) {
       a.pax({{"GNU.sparse.size", "9223372036854775807"}, {"GNU.sparse.map", "0,4"}})
           .file("x", "data");
     },
     "BAD_NUMBER"},
    {"SparseMapWords",
     [](Archive& a, auto&) {
       a.pax({{"GNU.sparse.size", "9"}, {"GNU.sparse.map", "0,four"}}).file("x", "data");
     },
     "BAD_SPARSE_MAP"},
    {"SparseDataMapEndless",
     [](Archive& a, auto&) {
       a.pax({{"GNU.sparse.major", "1"}, {"GNU.sparse.minor", "0"}, {"GNU.sparse.realsize", "9"}})
           .file("x", std::string(600, '1'));
     },
     "BAD_SPARSE_MAP"},
    {"SparseDataMapCount",
     [](Archive& a, auto&) {
       a.pax({{"GNU.sparse.major", "1"}, {"GNU.sparse.minor", "0"}, {"GNU.sparse.realsize", "9"}})
           .file("x", "99999999\n0\n1\n");
     },
     "BAD_SPARSE_MAP"},
};

INSTANTIATE_TEST_SUITE_P(Archives, ImageHostile, ::testing::ValuesIn(kCases),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace slipway
