// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>

#include "image/copy_tree.h"
#include "image/pack.h"
#include "image/unpack_error.h"
#include "image/worker.h"
#include "image_fixture.h"
#include "spec/json.h"
#include "sys/error.h"

namespace slipway {
namespace {

class ImageCopy : public ImageTest {
 protected:
  ImageCopy() {
    makeDir("from/a/b");
    makeDir("to");
  }
  CopyResult copy(const CopyOptions& options = {}) {
    return copyTree(openDir("from").get(), openDir("to").get(), options);
  }
  std::string packed(const std::string& name) {
    const Fd out(
        open((path() + "/packed").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    packTar(openDir(name).get(), out.get());
    return read("packed");
  }
  static void setTime(const std::string& file, time_t seconds) {
    const timespec times[2] = {{seconds, 5}, {seconds, 5}};
    ASSERT_EQ(0, utimensat(AT_FDCWD, file.c_str(), times, AT_SYMLINK_NOFOLLOW));
  }
};

TEST_F(ImageCopy, IsTheSameTree) {
  write("from/a/file", std::string(300000, 'f'));
  ASSERT_EQ(0, link((path() + "/from/a/file").c_str(), (path() + "/from/hard").c_str()));
  ASSERT_EQ(0, symlinkat("/etc/passwd", dir(), "from/soft"));
  ASSERT_EQ(0, mkfifoat(dir(), "from/pipe", 0640));
  ASSERT_EQ(0, setxattr((path() + "/from/a").c_str(), "user.note", "v", 1, 0));
  ASSERT_EQ(0, fchmodat(dir(), "from/a", 01750, 0));
  if (isRoot()) {
    ASSERT_EQ(0, mknodat(dir(), "from/null", S_IFCHR | 0666, makedev(1, 3)));
    ASSERT_EQ(0, fchownat(dir(), "from/soft", 12, 34, AT_SYMLINK_NOFOLLOW));
  }
  for (const char* name :
       {"/from/a/file", "/from/soft", "/from/pipe", "/from/a/b", "/from/a", "/from"})
    setTime(path() + name, 1000);
  copy();
  EXPECT_TRUE(packed("from") == packed("to"));
  EXPECT_EQ(status("to/hard").st_ino, status("to/a/file").st_ino);
  EXPECT_EQ(1000, status("to").st_mtim.tv_sec);
}

TEST_F(ImageCopy, HolesStayHoles) {
  const Fd file(openat(dir(), "from/sparse", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  ASSERT_EQ(4, pwrite(file.get(), "data", 4, 32 << 20));
  ASSERT_EQ(0, ftruncate(file.get(), 64 << 20));
  copy();
  EXPECT_EQ(64 << 20, status("to/sparse").st_size);
  EXPECT_LT(status("to/sparse").st_blocks * 512, 1 << 20);
  EXPECT_TRUE(read("from/sparse") == read("to/sparse"));
}

TEST_F(ImageCopy, SocketsAreSkippedAndCounted) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  snprintf(address.sun_path, sizeof address.sun_path, "%s/from/socket", path().c_str());
  const Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(0, bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address));
  EXPECT_EQ(1u, copy().skippedSockets);
  EXPECT_FALSE(exists("to/socket"));
}

TEST_F(ImageCopy, AnExistingNameIsAnErrorAndALinkThereIsNotFollowed) {
  makeDir("victim");
  write("from/a/file", "new");
  ASSERT_EQ(0, symlinkat("../victim", dir(), "to/a"));
  try {
    copy();
    FAIL() << "no error";
  } catch (const SysError& error) {
    EXPECT_EQ(EEXIST, error.err);
    EXPECT_EQ("a", error.path);
  }
  EXPECT_FALSE(exists("victim/file"));
}

TEST_F(ImageCopy, OverlayMetadataDoesNotTravel) {
  SLIPWAY_NEEDS(isRoot(), "root for trusted attributes");
  ASSERT_EQ(0, setxattr((path() + "/from/a").c_str(), "trusted.overlay.opaque", "y", 1, 0));
  copy();
  EXPECT_EQ(-1, getxattr((path() + "/to/a").c_str(), "trusted.overlay.opaque", nullptr, 0));
  ASSERT_EQ(0, mknodat(dir(), "from/gone", S_IFCHR, 0));
  makeDir("fresh");
  EXPECT_THROW(copyTree(openDir("from").get(), openDir("fresh").get()), UnpackError);
}

class ImageWorker : public ImageTest {
 protected:
  static std::string ask(const std::string& request, int fd = -1) {
    std::vector<Fd> fds;
    if (fd >= 0) fds.emplace_back(fd);
    return runImageWorker(request, std::move(fds));
  }
};

TEST_F(ImageWorker, PacksUnpacksAndRemoves) {
  makeDir("from/a");
  makeDir("to");
  write("from/a/file", "text");
  const int made = open((path() + "/tar").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  const std::string packed = ask(R"({"op":"pack","path":")" + path() + R"(/from"})", made);
  EXPECT_NE(std::string::npos, packed.find(R"("entries":3)")) << packed;
  const int archive = open((path() + "/tar").c_str(), O_RDONLY | O_CLOEXEC);
  const std::string answer =
      ask(R"({"op":"unpack","path":")" + path() + R"(/to","options":{"sync":true}})", archive);
  const json::Document result = json::parse(answer);
  EXPECT_EQ(3u, result.root().at("result").get<uint64_t>("entries"));
  EXPECT_EQ(4u, result.root().at("result").get<uint64_t>("fileBytes"));
  EXPECT_EQ("text", read("to/a/file"));
  EXPECT_EQ(R"({"result":{}})", ask(R"({"op":"remove","path":")" + path() + R"(/to"})"));
  EXPECT_EQ(R"({"result":{}})", ask(R"({"op":"remove","path":")" + path() + R"(/to"})"));
  EXPECT_FALSE(exists("to"));
}

TEST_F(ImageWorker, CopiesFolders) {
  makeDir("from/a");
  makeDir("to");
  const std::string answer = ask(R"({"op":"copy","source":")" + path() +
                                 R"(/from","destination":")" + path() + R"(/to"})");
  EXPECT_TRUE(exists("to/a")) << answer;
}

TEST_F(ImageWorker, FailuresOfTheKernelKeepStepPathAndErrno) {
  const std::string answer = ask(R"({"op":"copy","source":"/nowhere/at/all","destination":"/"})");
  const json::Document document = json::parse(answer);
  const json::Value error = document.root().at("error");
  EXPECT_EQ("open folder", error.get<std::string>("step"));
  EXPECT_EQ("open", error.get<std::string>("syscall"));
  EXPECT_EQ("/nowhere/at/all", error.get<std::string>("path"));
  EXPECT_EQ(ENOENT, error.get<int>("errno"));
}

TEST_F(ImageWorker, BadArchivesKeepTheirCode) {
  makeDir("to");
  write("tar", std::string(1024, 'z'));
  const int archive = open((path() + "/tar").c_str(), O_RDONLY | O_CLOEXEC);
  const std::string answer = ask(R"({"op":"unpack","path":")" + path() + R"(/to"})", archive);
  EXPECT_EQ(0u, answer.find(R"({"result":{"refused":{"code":"NOT_AN_ARCHIVE",)")) << answer;
}

TEST_F(ImageWorker, BadRequestsAreNamed) {
  for (const char* request :
       {"", "[]", "{}", R"({"op":"dance"})", R"({"op":"unpack","path":"/"})",
        R"({"op":"remove","path":"x"})",
        R"({"op":"copy","source":"/","destination":"/","options":{"sinc":true}})"}) {
    const std::string answer = ask(request);
    EXPECT_EQ(0u, answer.find(R"({"error":{"step":"read request",)"))
        << request << " -> " << answer;
  }
}

}  // namespace
}  // namespace slipway
