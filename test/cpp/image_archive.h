// SPDX-License-Identifier: Apache-2.0
// Builds tar archives byte by byte, the wrong ones too, and unpacks them.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>

#include "image/unpack.h"
#include "sys/fd.h"

namespace slipway {

struct Member {
  std::string name;
  char type = '0';
  std::string data = {};
  std::string link = {};
  unsigned mode = 0644;
  std::string size = {};  // the raw field instead of that of the data
  std::string uid = "0000000", gid = "0000000", mtime = "00000000001";
  std::string major = "0000000", minor = "0000000";
  std::string magic = std::string(
      "ustar\0"
      "00",
      8);
  int wrongSum = 0;
};

class Archive {
 public:
  Archive& add(const Member& member) {
    char block[512] = {};
    put(block, 0, 100, member.name);
    snprintf(block + 100, 8, "%07o", member.mode);
    put(block, 108, 8, member.uid);
    put(block, 116, 8, member.gid);
    snprintf(block + 124, 12, "%011zo", member.data.size());
    if (!member.size.empty()) put(block, 124, 12, member.size);
    put(block, 136, 12, member.mtime);
    block[156] = member.type;
    put(block, 157, 100, member.link);
    put(block, 257, 8, member.magic);
    put(block, 329, 8, member.major);
    put(block, 337, 8, member.minor);
    seal(block, member.wrongSum);
    bytes.append(block, sizeof block);
    return addData(member.data);
  }

  Archive& file(const std::string& name, const std::string& data = "x") {
    return add({.name = name, .data = data});
  }
  Archive& folder(const std::string& name, unsigned mode = 0755) {
    return add({.name = name, .type = '5', .mode = mode});
  }
  Archive& symlink(const std::string& name, const std::string& target) {
    return add({.name = name, .type = '2', .link = target});
  }
  Archive& hardLink(const std::string& name, const std::string& target) {
    return add({.name = name, .type = '1', .link = target});
  }

  // One extended header with these records, for the next member.
  Archive& pax(const std::vector<std::pair<std::string, std::string>>& records, char type = 'x') {
    std::string payload;
    for (const auto& [key, value] : records) payload += record(key, value);
    return add({.name = "PaxHeaders", .type = type, .data = payload});
  }
  static std::string record(const std::string& key, const std::string& value) {
    const std::string rest = " " + key + "=" + value + "\n";
    size_t length = rest.size() + 1;
    while (std::to_string(length).size() + rest.size() != length) length++;
    return std::to_string(length) + rest;
  }

  Archive& longName(const std::string& name) {
    return add({.name = "././@LongLink",
                .type = 'L',
                .data = name + std::string(1, '\0'),
                .magic = std::string("ustar  \0", 8)});
  }
  Archive& raw(const std::string& more) {
    bytes += more;
    return *this;
  }
  Archive& addData(const std::string& data) {
    bytes += data;
    bytes.append((512 - data.size() % 512) % 512, '\0');
    return *this;
  }

  UnpackResult unpack(int folder, const UnpackOptions& options = {}, bool endMark = true) const {
    const Fd file(memfd_create("archive", MFD_CLOEXEC));
    std::string all = bytes;
    if (endMark) all.append(1024, '\0');
    if (::write(file.get(), all.data(), all.size()) != static_cast<ssize_t>(all.size())) abort();
    lseek(file.get(), 0, SEEK_SET);
    return unpackTar(file.get(), folder, options);
  }

  static void seal(char* block, int wrong = 0) {
    memset(block + 148, ' ', 8);
    int sum = wrong;
    for (int i = 0; i < 512; i++) sum += static_cast<unsigned char>(block[i]);
    snprintf(block + 148, 8, "%06o", static_cast<unsigned>(sum) & 0777777);
  }

  std::string bytes;

 private:
  static void put(char* block, size_t at, size_t room, const std::string& text) {
    memcpy(block + at, text.data(), std::min(room, text.size()));
  }
};

}  // namespace slipway
