// SPDX-License-Identifier: Apache-2.0
#include "container/user.h"

#include <fcntl.h>
#include <sys/prctl.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>
#include <string_view>

#include "sys/error.h"
#include "sys/path.h"
#include "sys/raw.h"

namespace slipway {
namespace {

constexpr const char* kStep = "look up user";
constexpr size_t kFileLimit = 1 << 20;
constexpr uint32_t kMaxId = 0x7fffffff;

[[noreturn]] void refuse(const std::string& what, const std::string& why) {
  throw SysError(kStep, "setuid", what, EINVAL, why);
}

// Numeric text is a number and never a name: an image must not be able to give
// the name "1000" to uid 0.
std::optional<uint32_t> number(const std::string& text) {
  const bool sign = !text.empty() && (text[0] == '-' || text[0] == '+');
  const std::string_view digits = sign ? std::string_view(text).substr(1) : std::string_view(text);
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (sign || error != std::errc() || end != digits.data() + digits.size() || value > kMaxId) {
    refuse(text, "ids are in the range 0 to 2147483647");
  }
  return static_cast<uint32_t>(value);
}

using Fields = std::vector<std::string_view>;

// Calls `row` for each line of at least `columns` fields until it returns true.
void eachRow(std::string_view file, size_t columns, const std::function<bool(const Fields&)>& row) {
  while (!file.empty()) {
    const size_t newline = file.find('\n');
    std::string_view line = file.substr(0, newline);
    file = newline == std::string_view::npos ? std::string_view() : file.substr(newline + 1);
    Fields fields;
    for (;;) {
      const size_t colon = line.find(':');
      fields.push_back(line.substr(0, colon));
      if (colon == std::string_view::npos) break;
      line.remove_prefix(colon + 1);
    }
    if (fields.size() >= columns && row(fields)) return;
  }
}

std::optional<uint32_t> rowId(std::string_view text) {
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value > kMaxId)
    return std::nullopt;
  return value;
}

class Lookup {
 public:
  explicit Lookup(int root) : root_(root) {}

  void user(const std::string& text, Identity& out, std::string& name) {
    const std::optional<uint32_t> wanted = number(text);
    bool found = false;
    eachRow(passwd(), 6, [&](const Fields& f) {
      const auto uid = rowId(f[2]), gid = rowId(f[3]);
      if (!uid || !gid || (wanted ? *uid != *wanted : f[0] != text)) return false;
      out.uid = *uid;
      out.gid = *gid;
      if (!f[5].empty()) out.home = f[5];
      name = f[0];
      return found = true;
    });
    if (found) return;
    if (!wanted) refuse(text, "no such user in /etc/passwd of the container");
    out.uid = *wanted;
    out.gid = 0;
  }

  uint32_t group(const std::string& text) {
    if (const auto wanted = number(text)) return *wanted;
    std::optional<uint32_t> id;
    eachRow(groups(), 3,
            [&](const Fields& f) { return f[0] == text && (id = rowId(f[2])).has_value(); });
    if (!id) refuse(text, "no such group in /etc/group of the container");
    return *id;
  }

  void memberships(const std::string& name, std::vector<uint32_t>& out) {
    if (name.empty()) return;
    eachRow(groups(), 4, [&](const Fields& f) {
      const std::string members = "," + std::string(f[3]) + ",";
      const auto id = rowId(f[2]);
      if (id && members.find("," + name + ",") != std::string::npos) out.push_back(*id);
      return false;
    });
  }

 private:
  const std::string& passwd() {
    if (!passwd_) passwd_ = readFileInRoot(root_, "/etc/passwd", kFileLimit, kStep);
    return *passwd_;
  }
  const std::string& groups() {
    if (!groups_) groups_ = readFileInRoot(root_, "/etc/group", kFileLimit, kStep);
    return *groups_;
  }

  int root_;
  std::optional<std::string> passwd_, groups_;
};

void unique(std::vector<uint32_t>& groups) {
  std::vector<uint32_t> seen;
  for (const uint32_t group : groups) {
    if (std::find(seen.begin(), seen.end(), group) == seen.end()) seen.push_back(group);
  }
  groups = std::move(seen);
}

Identity find(int root, const UserPlan& plan, const spec::User& fromSpec) {
  Lookup lookup(root);
  Identity identity;
  std::string name;
  if (plan.fromSpec) {
    lookup.user(std::to_string(fromSpec.uid), identity, name);
    identity.gid = fromSpec.gid;
    identity.groups = fromSpec.additionalGids;
    return identity;
  }
  const size_t colon = plan.user.find(':');
  const std::string userText = plan.user.substr(0, colon);
  const std::string groupText = colon == std::string::npos ? "" : plan.user.substr(colon + 1);
  if (groupText.find(':') != std::string::npos) refuse(plan.user, "expected user[:group]");
  if (colon != std::string::npos && groupText.empty())
    refuse(plan.user, "a group must follow the colon");
  lookup.user(userText.empty() ? "0" : userText, identity, name);
  if (groupText.empty()) {
    identity.groups.push_back(identity.gid);
    lookup.memberships(name, identity.groups);
  } else {
    identity.gid = lookup.group(groupText);
    identity.groups.push_back(identity.gid);
  }
  for (const std::string& extra : plan.groupAdd) identity.groups.push_back(lookup.group(extra));
  unique(identity.groups);
  return identity;
}

}  // namespace

Identity lookUpUser(int root, const UserPlan& plan, const spec::User& fromSpec) {
  Identity identity = find(root, plan, fromSpec);
  identity.uidText = std::to_string(identity.uid);
  identity.gidText = std::to_string(identity.gid);
  for (const uint32_t group : identity.groups)
    identity.groupsText += (identity.groupsText.empty() ? "" : " ") + std::to_string(group);
  return identity;
}

Fault becomeUser(const Identity& identity, bool setGroups) {
  constexpr const char* step = "become user";
  const auto refused = [](long result, const char* syscall, const std::string& id) {
    const char* unmapped = "the id has no mapping in the user namespace";
    return faultOf(result, step, syscall, id.c_str(), result == -EINVAL ? unmapped : "");
  };
  const auto& [uid, gid, groups, home, uidText, gidText, groupsText] = identity;
  long result = setGroups ? raw::call(SYS_setgroups, groups.size(), groups.data()) : 0;
  if (result < 0) return refused(result, "setgroups", groupsText);
  result = raw::call(SYS_setresgid, gid, gid, gid);
  if (result < 0) return refused(result, "setresgid", gidText);
  result = raw::call(SYS_setresuid, uid, uid, uid);
  if (result < 0) return refused(result, "setresuid", uidText);
  // The change made it what fs.suid_dumpable says.
  return faultOf(raw::call(SYS_prctl, PR_SET_DUMPABLE, 0), step, "prctl", "PR_SET_DUMPABLE");
}

}  // namespace slipway
