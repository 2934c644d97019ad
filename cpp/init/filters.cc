// SPDX-License-Identifier: Apache-2.0
#include "init/filters.h"

#include <linux/seccomp.h>

#include <cstring>

#include "spec/json.h"
#include "spec/reader.h"
#include "sys/error.h"

namespace slipway {
namespace {

constexpr std::string_view kMark = "filter\n";

struct Head {
  uint64_t number;
  unsigned flags;
};

}  // namespace

uint64_t lastFilter(const SeccompFilters& filters) {
  return filters.empty() ? 0 : filters.rbegin()->first;
}

SeccompFilter makeFilter(std::string_view profileJson) {
  const json::Document document = json::parse(profileJson);
  const spec::Seccomp profile = spec::readSeccomp(document.root());
  if ((seccompFlags(profile) & SECCOMP_FILTER_FLAG_NEW_LISTENER) != 0) {
    throw SysError("seccomp", "compile", "SCMP_ACT_NOTIFY", ENOTSUP,
                   "notification of system calls is not supported yet");
  }
  // Calls newer than the profile answer ENOSYS, as Docker's runtime has it, so
  // that libc falls back to older ones.
  SeccompOptions options;
  options.enosysAboveNamed = true;
  return {compileSeccomp(profile, options), seccompFlags(profile)};
}

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
