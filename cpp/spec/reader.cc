// SPDX-License-Identifier: Apache-2.0
#include "spec/reader.h"

#include <cctype>

#include "spec/reader_parts.h"

namespace slipway::spec {

using json::Value;

namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }

bool isIdentifierPart(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '-'; }

bool takeNumber(std::string_view& text) {
  size_t digits = 0;
  while (digits < text.size() && isDigit(text[digits])) digits++;
  if (digits == 0 || (digits > 1 && text[0] == '0')) return false;
  text.remove_prefix(digits);
  return true;
}

bool takeChar(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

// One or more dot-separated identifiers, as after "-" or "+" in a version.
bool takeIdentifiers(std::string_view& text) {
  do {
    size_t length = 0;
    while (length < text.size() && isIdentifierPart(text[length])) length++;
    if (length == 0) return false;
    text.remove_prefix(length);
  } while (takeChar(text, '.'));
  return true;
}

bool isVersionOne(std::string_view text) {
  if (!text.starts_with("1.")) return false;
  text.remove_prefix(2);
  if (!takeNumber(text) || !takeChar(text, '.') || !takeNumber(text)) return false;
  if (takeChar(text, '-') && !takeIdentifiers(text)) return false;
  if (takeChar(text, '+') && !takeIdentifiers(text)) return false;
  return text.empty();
}

std::string readVersion(const Value& value) {
  const std::string version = value.asString();
  if (!isVersionOne(version))
    value.refuse("expected a version 1.x.y, got " + json::quoted(version));
  return version;
}

Root readRoot(const Value& value) {
  Root root;
  value.require("path", root.path);
  value.read("readonly", root.readonly);
  return root;
}

Hook readHook(const Value& value) {
  Hook hook;
  hook.path = readAbsolutePath(value.at("path"));
  value.read("args", hook.args);
  value.read("env", hook.env);
  value.read("timeout", hook.timeout, [](const Value& seconds) {
    return static_cast<int>(seconds.asInteger(1, INT32_MAX));
  });
  return hook;
}

}  // namespace

void readOneOf(const Value& value, std::string_view key, std::string& out, Names allowed) {
  if (const auto found = value.find(key)) out = found->asOneOf(allowed);
}

void readManyOf(const Value& value, std::string_view key, std::vector<std::string>& out,
                Names allowed) {
  value.readList(key, out, [&](const Value& item) { return item.asOneOf(allowed); });
}

void refuseSecond(const Value& list, std::string_view key) {
  const auto items = list.items();
  for (size_t i = 0; i < items.size(); i++) {
    for (size_t before = 0; before < i; before++) {
      const auto name = items[i].at(key).asText();
      if (items[before].at(key).asText() != name) continue;
      items[i].at(key).refuse(json::quoted(name) + " is already in this list");
    }
  }
}

std::string readAbsolutePath(const Value& value) {
  std::string path = value.asString();
  if (!path.starts_with('/')) value.refuse("expected an absolute path, got " + json::quoted(path));
  return path;
}

IdMapping readIdMapping(const Value& value) {
  IdMapping mapping;
  value.require("containerID", mapping.containerId);
  value.require("hostID", mapping.hostId);
  value.require("size", mapping.size);
  return mapping;
}

std::map<std::string, std::string> readStringMap(const Value& value) {
  auto map = value.as<std::map<std::string, std::string>>();
  if (map.contains("")) value.refuse("a key must not be empty");
  return map;
}

Mount readMount(const Value& value) {
  Mount mount;
  value.require("destination", mount.destination);
  value.read("type", mount.type);
  value.read("source", mount.source);
  value.read("options", mount.options);
  value.readList("uidMappings", mount.uidMappings, readIdMapping);
  value.readList("gidMappings", mount.gidMappings, readIdMapping);
  return mount;
}

Hooks readHooks(const Value& value) {
  Hooks hooks;
  value.readList("prestart", hooks.prestart, readHook);
  value.readList("createRuntime", hooks.createRuntime, readHook);
  value.readList("createContainer", hooks.createContainer, readHook);
  value.readList("startContainer", hooks.startContainer, readHook);
  value.readList("poststart", hooks.poststart, readHook);
  value.readList("poststop", hooks.poststop, readHook);
  return hooks;
}

Spec readSpec(const Value& value) {
  Spec spec;
  spec.ociVersion = readVersion(value.at("ociVersion"));
  value.read("process", spec.process, readProcess);
  value.read("root", spec.root, readRoot);
  value.read("hostname", spec.hostname);
  value.read("domainname", spec.domainname);
  value.readList("mounts", spec.mounts, readMount);
  value.read("hooks", spec.hooks, readHooks);
  value.read("annotations", spec.annotations, readStringMap);
  value.read("linux", spec.linux_, readLinux);
  return spec;
}

Spec readSpec(std::string_view text) {
  const json::Document document = json::parse(text);
  return readSpec(document.root());
}

std::optional<std::string> foreignSection(const Value& value) {
  for (const char* name : {"windows", "solaris", "vm", "zos", "freebsd"}) {
    if (value.has(name)) return name;
  }
  return std::nullopt;
}

}  // namespace slipway::spec
