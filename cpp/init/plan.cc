// SPDX-License-Identifier: Apache-2.0
#include "init/plan.h"

#include <sched.h>

#include <algorithm>

#include "container/mounts.h"
#include "container/namespaces.h"
#include "spec/reader.h"
#include "sys/error.h"

namespace slipway {
namespace {

using json::Value;

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
  value.read("filter", plan.filter);
  value.read("ownPipes", plan.ownPipes);
  value.read("init", plan.init);
  value.read("rootOnlyCapabilities", plan.rootOnlyCapabilities);
  value.read("makeWorkdir", plan.makeWorkdir);
  value.read("failPoint", plan.failPoint);
}

// Mapping ids of a mount takes rights over its file system, which a container
// in another user namespace does not have.
void refuseIdmap(const spec::Spec& spec) {
  const bool userns = std::ranges::any_of(spec.linux_.namespaces, [](const spec::Namespace& entry) {
    return namespaceFlag(entry.type) == CLONE_NEWUSER;
  });
  for (const spec::Mount& mount : spec.mounts) {
    if (!isIdmapped(mount, parseMountOptions(mount.options))) continue;
    const bool complete = !mount.uidMappings.empty() && !mount.gidMappings.empty();
    if (complete && !userns) continue;
    throw SysError("read plan", "parse", "idmap of " + mount.destination, ENOTSUP,
                   userns ? "a mount with idmap in another user namespace is not supported yet"
                          : "idmap needs uidMappings and gidMappings of the mount");
  }
}

[[noreturn]] void refuse(const char* what) {
  throw SysError("read plan", "parse", what, ENOTSUP, std::string(what) + " is not supported yet");
}

void refuseUnsupported(const spec::Process& process) {
  if (process.execCpuAffinity) refuse("process.execCPUAffinity");
}

void refuseUnsupported(const spec::Spec& spec) {
  if (!spec.process)
    throw SysError("read plan", "parse", "process", EINVAL, "a container needs a process");
  refuseUnsupported(*spec.process);
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
  refuseUnsupported(plan.process.process);
  readProcessExtras(root, plan.process);
  return plan;
}

}  // namespace slipway
