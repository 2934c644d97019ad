// SPDX-License-Identifier: Apache-2.0
#include "init/plan.h"

#include <sched.h>

#include <cstring>

#include "container/mounts.h"
#include "container/namespaces.h"
#include "spec/reader.h"
#include "sys/error.h"

namespace slipway {
namespace {

using json::Value;

int sextet(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

std::string decodeBase64(const Value& value) {
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : value.asText()) {
    if (c == '=') break;
    const int six = sextet(c);
    if (six < 0) value.refuse("expected base64");
    bits = bits << 6 | static_cast<uint32_t>(six);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out.push_back(static_cast<char>(bits >> count & 0xff));
  }
  return out;
}

std::vector<sock_filter> readProgram(const Value& value) {
  const std::string bytes = decodeBase64(value);
  if (bytes.size() % sizeof(sock_filter) != 0) value.refuse("expected whole instructions");
  std::vector<sock_filter> program(bytes.size() / sizeof(sock_filter));
  if (!bytes.empty()) memcpy(program.data(), bytes.data(), bytes.size());
  return program;
}

OverlayPlan readOverlay(const Value& value) {
  OverlayPlan overlay;
  value.require("target", overlay.target);
  value.require("lower", overlay.lower);
  return overlay;
}

RootfsPlan readRootfs(const Value& value) {
  RootfsPlan rootfs;
  value.read("dir", rootfs.dir);
  value.readList("overlays", rootfs.overlays, readOverlay);
  value.read("volatile", rootfs.isVolatile);
  return rootfs;
}

FilePlan readFile(const Value& value) {
  return {value.get<std::string>("path"), value.get<std::string>("content")};
}

void readProcessExtras(const Value& value, ProcessPlan& plan) {
  if (const auto user = value.find("user")) {
    plan.user.user = user->as<std::string>();
    plan.user.fromSpec = false;
  }
  value.read("groupAdd", plan.user.groupAdd);
  if (const auto program = value.find("seccomp")) plan.seccomp = readProgram(*program);
  value.read("seccompFlags", plan.seccompFlags);
  value.read("ownPipes", plan.ownPipes);
  value.read("init", plan.init);
  value.read("rootOnlyCapabilities", plan.rootOnlyCapabilities);
  value.read("makeWorkdir", plan.makeWorkdir);
  value.read("failPoint", plan.failPoint);
}

// Mapping ids of a mount takes rights over its file system, which a container
// with a user namespace does not have.
void refuseIdmap(const spec::Spec& spec) {
  const bool userns = (newNamespaces(spec.linux_.namespaces) & CLONE_NEWUSER) != 0;
  for (const spec::Mount& mount : spec.mounts) {
    if (!isIdmapped(mount, parseMountOptions(mount.options))) continue;
    const bool complete = !mount.uidMappings.empty() && !mount.gidMappings.empty();
    if (complete && !userns) continue;
    throw SysError("read plan", "parse", "idmap of " + mount.destination, ENOTSUP,
                   userns ? "a mount with idmap in a new user namespace is not supported yet"
                          : "idmap needs uidMappings and gidMappings of the mount");
  }
}

void refuseUnsupported(const spec::Spec& spec) {
  const auto refuse = [](const char* what) {
    throw SysError("read plan", "parse", what, ENOTSUP,
                   std::string(what) + " is not supported yet");
  };
  if (!spec.process)
    throw SysError("read plan", "parse", "process", EINVAL, "a container needs a process");
  refuseIdmap(spec);
  if (spec.hooks) refuse("hooks");
  if (spec.linux_.intelRdt) refuse("linux.intelRdt");
  if (!spec.linux_.netDevices.empty()) refuse("linux.netDevices");
  if (!spec.linux_.mountLabel.empty()) refuse("linux.mountLabel");
  if (spec.linux_.memoryPolicy) refuse("linux.memoryPolicy");
}

}  // namespace

Plan readPlan(std::string_view text) {
  const json::Document document = json::parse(text);
  const Value root = document.root();
  Plan plan;
  root.require("id", plan.id);
  plan.spec = spec::readSpec(root.at("spec").asRoot());
  refuseUnsupported(plan.spec);
  root.read("rootfs", plan.rootfs, readRootfs);
  root.readList("files", plan.files, readFile);
  root.read("rootless", plan.rootless);
  root.read("shmFrom", plan.shmFrom);
  readProcessExtras(root, plan.process);
  plan.process.process = *plan.spec.process;
  return plan;
}

ExecPlan readExecPlan(std::string_view text) {
  const json::Document document = json::parse(text);
  const Value root = document.root();
  ExecPlan plan;
  plan.process.process = spec::readProcess(root.at("process").asRoot());
  readProcessExtras(root, plan.process);
  return plan;
}

}  // namespace slipway
