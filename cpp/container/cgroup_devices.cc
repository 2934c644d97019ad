// SPDX-License-Identifier: Apache-2.0
#include "container/cgroup_devices.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>

#include "sys/cgroupfs.h"
#include "sys/error.h"

namespace slipway {
namespace {

constexpr const char* kStep = "set device rules";

int64_t parseNumber(const std::optional<int64_t>& number, const char* what) {
  const int64_t value = number.value_or(kAnyDevice);
  if (value < kAnyDevice || value > UINT32_MAX)
    throw SysError(kStep, "parse", std::to_string(value), EINVAL,
                   std::string("a device's ") + what + " number is 0 to 4294967295, or -1 for all");
  return value;
}

uint32_t parseType(const std::string& type) {
  if (type.empty() || type == "a") return 0;
  if (type == "b") return kBlockDevice;
  // "u" is mknod's old word for an unbuffered character device.
  if (type == "c" || type == "u") return kCharDevice;
  throw SysError(kStep, "parse", type, EINVAL, "a device type is a, b or c");
}

uint32_t parseAccess(std::string_view access) {
  uint32_t bits = 0;
  for (const char letter : access) {
    if (letter == 'm')
      bits |= kDeviceMknod;
    else if (letter == 'r')
      bits |= kDeviceRead;
    else if (letter == 'w')
      bits |= kDeviceWrite;
    else
      throw SysError(kStep, "parse", std::string(access), EINVAL,
                     "device access is any of r, w and m");
  }
  return access.empty() ? static_cast<uint32_t>(kDeviceAll) : bits;
}

bool covers(int64_t wide, int64_t narrow) { return wide == kAnyDevice || wide == narrow; }

bool covers(const DeviceMatch& wide, const DeviceMatch& narrow) {
  return wide.type == narrow.type && covers(wide.major, narrow.major) &&
         covers(wide.minor, narrow.minor);
}

bool meet(int64_t a, int64_t b) { return covers(a, b) || covers(b, a); }

bool meet(const DeviceMatch& a, const DeviceMatch& b) {
  return a.type == b.type && meet(a.major, b.major) && meet(a.minor, b.minor);
}

bool same(const DeviceMatch& a, const DeviceMatch& b) { return covers(a, b) && covers(b, a); }

std::string describe(const DeviceMatch& match) {
  const auto number = [](int64_t n) {
    return n == kAnyDevice ? std::string("*") : std::to_string(n);
  };
  std::string text = match.type == kBlockDevice ? "b " : match.type == kCharDevice ? "c " : "a ";
  text += number(match.major) + ":" + number(match.minor) + " ";
  if (match.access & kDeviceRead) text += 'r';
  if (match.access & kDeviceWrite) text += 'w';
  if (match.access & kDeviceMknod) text += 'm';
  return text;
}

void add(std::vector<DeviceMatch>& all, const DeviceMatch& match) {
  const auto at =
      std::find_if(all.begin(), all.end(), [&](const auto& e) { return same(e, match); });
  if (at == all.end())
    all.push_back(match);
  else
    at->access |= match.access;
}

// Takes `match` out of the exceptions. An exception that is wider in numbers
// would need a hole, and the v1 list has no such thing.
void subtract(std::vector<DeviceMatch>& all, const DeviceMatch& match) {
  for (DeviceMatch& exception : all) {
    if (!meet(exception, match) || !(exception.access & match.access)) continue;
    if (!covers(match, exception))
      throw SysError(kStep, "compile", describe(match), ENOTSUP,
                     "cgroup v1 cannot except this from the wider rule " + describe(exception));
    exception.access &= ~match.access;
  }
  std::erase_if(all, [](const DeviceMatch& e) { return e.access == 0; });
}

DeviceMatch common(const DeviceMatch& a, const DeviceMatch& b) {
  DeviceMatch both = a;
  if (a.major == kAnyDevice) both.major = b.major;
  if (a.minor == kAnyDevice) both.minor = b.minor;
  both.access = a.access | b.access;
  return both;
}

// v1 allows a request only by one exception that covers all of it. Where two
// overlap, the part they share gets an exception with the access of both. The
// additions overlap again at most within the same numbers, so this ends.
void shareAccess(std::vector<DeviceMatch>& all) {
  for (size_t i = 0; i < all.size(); ++i) {
    for (size_t j = 0; j < all.size(); ++j) {
      if (i == j || !meet(all[i], all[j]) || (all[i].access | all[j].access) == all[j].access)
        continue;
      const DeviceMatch both = common(all[i], all[j]);
      const auto known =
          std::find_if(all.begin(), all.end(), [&](const auto& e) { return same(e, both); });
      if (known != all.end() && (known->access | both.access) == known->access) continue;
      add(all, both);
      // What grew may now add to those already looked at.
      i = 0;
      j = 0;
    }
  }
}

std::optional<std::vector<DeviceMatch>> parseList(std::string_view list) {
  std::vector<DeviceMatch> all;
  for (const std::string_view line : splitWords(list, '\n')) {
    const auto words = splitWords(line);
    // "a *:* rwm" is all that is shown where everything but a hidden list is allowed.
    if (words.size() != 3 || words[0] == "a") return std::nullopt;
    const auto numbers = splitWords(words[1], ':');
    if (numbers.size() != 2) return std::nullopt;
    const auto number = [](std::string_view text) {
      const auto value = cgroupNumber(text);
      return value ? static_cast<int64_t>(*value) : kAnyDevice;
    };
    all.push_back({true, parseType(std::string(words[0])), number(numbers[0]), number(numbers[1]),
                   parseAccess(words[2])});
  }
  return all;
}

}  // namespace

std::vector<DeviceMatch> parseDeviceRules(const std::vector<spec::DeviceRule>& rules) {
  std::vector<DeviceMatch> all;
  all.reserve(rules.size());
  for (const spec::DeviceRule& rule : rules) {
    all.push_back({rule.allow, parseType(rule.type), parseNumber(rule.major, "major"),
                   parseNumber(rule.minor, "minor"), parseAccess(rule.access)});
  }
  return all;
}

DeviceTable compileDeviceTable(const std::vector<DeviceMatch>& rules) {
  DeviceTable table;
  for (const DeviceMatch& rule : rules) {
    if (rule.everything()) {
      table = {rule.allow, {}};
      continue;
    }
    for (const uint32_t type : {kBlockDevice, kCharDevice}) {
      if (rule.type != 0 && rule.type != type) continue;
      DeviceMatch match = rule;
      match.type = type;
      if (rule.allow != table.allowByDefault)
        add(table.exceptions, match);
      else
        subtract(table.exceptions, match);
    }
  }
  if (!table.allowByDefault) shareAccess(table.exceptions);
  return table;
}

std::vector<DeviceLine> deviceLines(const DeviceTable& table) {
  // The kernel forgets all exceptions of a cgroup when it is told "a".
  std::vector<DeviceLine> lines{{table.allowByDefault, "a"}};
  for (const DeviceMatch& exception : table.exceptions)
    lines.push_back({!table.allowByDefault, describe(exception)});
  return lines;
}

std::vector<DeviceLine> deviceLines(const DeviceTable& table, std::string_view devicesList) {
  const auto now = parseList(devicesList);
  if (!now || table.allowByDefault) return deviceLines(table);
  std::vector<DeviceLine> lines;
  lines.reserve(table.exceptions.size());
  for (const DeviceMatch& wanted : table.exceptions) lines.push_back({true, describe(wanted)});
  for (DeviceMatch old : *now) {
    for (const DeviceMatch& wanted : table.exceptions)
      if (same(wanted, old)) old.access &= ~wanted.access;
    if (old.access) lines.push_back({false, describe(old)});
  }
  return lines;
}

}  // namespace slipway
