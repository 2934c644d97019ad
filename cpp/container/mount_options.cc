// SPDX-License-Identifier: Apache-2.0
#include "container/mount_options.h"

#include <sys/mount.h>

#include <string_view>

#include "sys/kernel.h"

namespace slipway {
namespace {

using namespace kernel;

struct AttrWord {
  std::string_view word;
  uint64_t set, clear;
};

// Every word exists with an "r" before it for the whole tree below.
constexpr AttrWord kAttrWords[] = {
    {"ro", kAttrRdonly, 0},
    {"rw", 0, kAttrRdonly},
    {"nosuid", kAttrNosuid, 0},
    {"suid", 0, kAttrNosuid},
    {"nodev", kAttrNodev, 0},
    {"dev", 0, kAttrNodev},
    {"noexec", kAttrNoexec, 0},
    {"exec", 0, kAttrNoexec},
    {"nodiratime", kAttrNodiratime, 0},
    {"diratime", 0, kAttrNodiratime},
    {"relatime", kAttrRelatime, kAttrAtimeMask},
    {"norelatime", kAttrStrictatime, kAttrAtimeMask},
    {"noatime", kAttrNoatime, kAttrAtimeMask},
    {"atime", kAttrRelatime, kAttrAtimeMask},
    {"strictatime", kAttrStrictatime, kAttrAtimeMask},
    {"nostrictatime", kAttrRelatime, kAttrAtimeMask},
    {"nosymfollow", kAttrNosymfollow, 0},
    {"symfollow", 0, kAttrNosymfollow},
};

struct PropagationWord {
  std::string_view word;
  uint64_t flag;
};

constexpr PropagationWord kPropagation[] = {{"private", MS_PRIVATE},
                                            {"shared", MS_SHARED},
                                            {"slave", MS_SLAVE},
                                            {"unbindable", MS_UNBINDABLE}};

// Words that say what is so anyway.
bool isNoise(std::string_view word) {
  return word == "defaults" || word == "async" || word == "auto" || word == "noauto" ||
         word == "user" || word == "nouser" || word == "_netdev";
}

bool applyAttribute(std::string_view word, MountOptions& out) {
  for (const AttrWord& attr : kAttrWords) {
    if (word == attr.word) {
      out.attrSet = (out.attrSet & ~attr.clear) | attr.set;
      out.attrClr = (out.attrClr & ~attr.set) | attr.clear;
      return true;
    }
    if (word.size() == attr.word.size() + 1 && word[0] == 'r' && word.substr(1) == attr.word) {
      out.recSet = (out.recSet & ~attr.clear) | attr.set;
      out.recClr = (out.recClr & ~attr.set) | attr.clear;
      return true;
    }
  }
  return false;
}

bool applyFlagWord(std::string_view word, MountOptions& out) {
  if (word == "bind") return out.bind = true;
  if (word == "rbind") return out.bind = out.recursive = true;
  if (word == "tmpcopyup") return out.copyUp = true;
  if (word == "idmap") return out.idmap = true;
  if (word == "ridmap") return out.idmap = out.idmapRecursive = true;
  return false;
}

}  // namespace

uint64_t propagationFlag(const std::string& word) {
  const std::string_view plain =
      word.starts_with('r') ? std::string_view(word).substr(1) : std::string_view(word);
  for (const PropagationWord& p : kPropagation) {
    if (p.word == plain) return p.flag;
  }
  return 0;
}

MountOptions parseMountOptions(const std::vector<std::string>& options) {
  MountOptions out;
  for (const std::string& word : options) {
    if (word.empty() || isNoise(word) || applyAttribute(word, out) || applyFlagWord(word, out))
      continue;
    if (const uint64_t flag = propagationFlag(word); flag != 0) {
      out.propagation = flag;
      out.propagationRecursive = word[0] == 'r';
      continue;
    }
    const size_t equals = word.find('=');
    if (equals == std::string::npos) {
      out.superblock.emplace_back(word, std::nullopt);
    } else {
      out.superblock.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    }
  }
  return out;
}

}  // namespace slipway
