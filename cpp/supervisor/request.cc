// SPDX-License-Identifier: Apache-2.0
#include "supervisor/request.h"

#include <sched.h>

#include "sys/error.h"

namespace slipway {
namespace {

spec::Namespace readNamespace(const json::Value& value) {
  spec::Namespace entry;
  value.require("type", entry.type);
  value.read("path", entry.path);
  return entry;
}

spec::IdMapping readMapping(const json::Value& value) {
  return {value.get<uint32_t>("containerID"), value.get<uint32_t>("hostID"),
          value.get<uint32_t>("size")};
}

}  // namespace

unsigned Shape::newFlags() const { return newNamespaces(namespaces); }

const spec::Namespace* Shape::joined(std::string_view type) const {
  for (const spec::Namespace& entry : namespaces) {
    if (entry.type == type && !entry.path.empty()) return &entry;
  }
  return nullptr;
}

std::string Shape::key() const {
  const unsigned flags = newFlags();
  if ((flags & CLONE_NEWUSER) != 0 || (flags & CLONE_NEWPID) == 0 || !cgroupParent.empty())
    return {};
  for (const spec::Namespace& entry : namespaces) {
    if (!entry.path.empty()) return {};
  }
  return std::to_string(flags) + (cgroup ? "c" : "");
}

Shape readShape(const json::Value& value) {
  Shape shape;
  value.readList("namespaces", shape.namespaces, readNamespace);
  value.readList("uidMappings", shape.uidMappings, readMapping);
  value.readList("gidMappings", shape.gidMappings, readMapping);
  value.read("cgroup", shape.cgroup);
  value.read("cgroupParent", shape.cgroupParent);
  return shape;
}

Request splitRequest(std::string_view data) {
  Request request;
  const size_t newline = data.find('\n');
  request.header = data.substr(0, newline);
  if (newline != std::string_view::npos) request.body = data.substr(newline + 1);
  const json::Document document = json::parse(request.header);
  document.root().require("op", request.op);
  document.root().read("req", request.number);
  document.root().read("failPoint", request.failPoint);
  return request;
}

}  // namespace slipway
