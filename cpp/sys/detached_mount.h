// SPDX-License-Identifier: Apache-2.0
// Mounts by descriptor (fsopen(2), open_tree(2), move_mount(2)): made detached,
// so a killed process leaves none behind and no path is walked twice.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sys/fd.h"
#include "sys/kernel.h"

namespace slipway {

// A file system being configured. Errors carry the kernel's own words, which
// fsopen(2) descriptors keep, as the hint.
class FsContext {
 public:
  FsContext(const std::string& type, const char* step, std::string path);
  void set(const std::string& key, const std::optional<std::string>& value);
  Fd mount(uint64_t attributes);

 private:
  [[noreturn]] void fail(const char* syscall, int err) const;
  Fd fs_;
  const char* step_;
  std::string path_;
};

// A detached copy of the mount at an open path (bind mount).
Fd cloneMount(int dir, const std::string& path, bool recursive, const char* step);
Fd cloneMount(int fd, bool recursive, const char* step, const std::string& shown);

// The same of a mount that may be detached itself; empty before 6.15.
Fd tryCloneMount(int fd);

// Lets its file system forget which names it has seen there and missed: others may
// since have changed the folders that an overlay reads.
void forgetNames(int mount, const char* step, const std::string& shown);

// Attaches a detached mount on an open target.
void attachMount(int mount, int target, const char* step, const std::string& shown);

struct AttributeChange {
  kernel::MountAttributes attributes;
  bool recursive = false;
};

// Attaches it changed; before Linux 5.12 it is changed once attached, when only
// the caller sees it.
void attachMount(int mount, int target, const std::vector<AttributeChange>& changes,
                 const char* step, const std::string& shown);

// Before Linux 5.12 of attached mounts only (`remount()`).
void setMountAttributes(int mount, const kernel::MountAttributes& attributes, bool recursive,
                        const char* step, const std::string& shown);

// Those of the mount that is the caller's root.
void setRootAttributes(const kernel::MountAttributes& attributes, const char* step);

}  // namespace slipway
