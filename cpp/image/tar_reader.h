// SPDX-License-Identifier: Apache-2.0
// Reads tar archives of every dialect in use (v7, ustar, star, GNU, pax) as a
// stream. The archive is hostile: each number is range-checked, each record has
// a bound, and names come out as they are, to be judged by who uses them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "image/byte_source.h"
#include "image/pax.h"
#include "image/tar_entry.h"

namespace slipway {

struct TarLimits {
  uint64_t maxBytes = uint64_t{1} << 40;  // of the archive, padding included
  uint64_t maxEntries = 4'000'000;        // headers, extended ones included
  uint64_t maxRecordBytes = 1024 * 1024;  // of one extended header
};

class TarReader {
 public:
  TarReader(int fd, const TarLimits& limits) : source_(fd, limits.maxBytes), limits_(limits) {}

  // The next member; false at the end. Unread data of the last one is skipped.
  bool next(TarEntry& entry);

  // A piece of the member's stored data (of a sparse one: its runs, one after
  // the other), valid until the next call; empty at the end of the member.
  std::string_view data();

  // Reads what is left behind the end mark, so that the writer never sees EPIPE.
  void drain();

  uint64_t consumed() const { return source_.consumed(); }

 private:
  struct Header {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, linkName[100];
    char magic[6], version[2], userName[32], groupName[32], devMajor[8], devMinor[8], prefix[155],
        pad[12];
  };
  static_assert(sizeof(Header) == 512);

  bool readHeader(Header& header);
  void verifyChecksum(const Header& header) const;
  bool takeExtension(const Header& header);
  std::string readRecord(const Header& header);
  void fillEntry(const Header& header, TarEntry& entry);
  void fillNames(const Header& header, TarEntry& entry);
  void fillNumbers(const Header& header, TarEntry& entry);
  void fillSparse(const Header& header, TarEntry& entry);
  void readGnuRuns(const Header& header, TarEntry& entry);
  void readDataRuns(TarEntry& entry);
  uint64_t readDataNumber();
  void checkRuns(const TarEntry& entry) const;
  void skipData();

  ByteSource source_;
  TarLimits limits_;
  PaxRecords global_, local_;
  std::string longName_, longLink_;
  uint64_t entries_ = 0, remaining_ = 0, padding_ = 0;
  bool ended_ = false;
};

}  // namespace slipway
