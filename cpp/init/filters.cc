// SPDX-License-Identifier: Apache-2.0
#include "init/filters.h"

#include <cstring>

namespace slipway {
namespace {

constexpr std::string_view kMark = "filter\n";

struct Head {
  uint64_t number;
  unsigned flags;
};

}  // namespace

std::string filterMessage(uint64_t number, const SeccompFilter& filter) {
  const Head head{number, filter.flags};
  std::string text(kMark);
  text.append(reinterpret_cast<const char*>(&head), sizeof head);
  text.append(reinterpret_cast<const char*>(filter.program.data()),
              filter.program.size() * sizeof(sock_filter));
  return text;
}

bool takeFilter(std::string_view message, SeccompFilters& filters) {
  if (!message.starts_with(kMark)) return false;
  message.remove_prefix(kMark.size());
  Head head;
  memcpy(&head, message.data(), sizeof head);
  message.remove_prefix(sizeof head);
  SeccompFilter& filter = filters[head.number];
  filter.flags = head.flags;
  filter.program.resize(message.size() / sizeof(sock_filter));
  memcpy(filter.program.data(), message.data(), message.size());
  return true;
}

}  // namespace slipway
