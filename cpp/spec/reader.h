// SPDX-License-Identifier: Apache-2.0
// OCI runtime-spec JSON to the structs of spec.h. Types, ranges and the rules
// the text calls a MUST are checked here and named by field; what only the
// kernel can judge is left to it. Unknown fields are ignored, as the text asks.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "spec/json.h"
#include "spec/spec.h"

namespace slipway::spec {

Spec readSpec(std::string_view text);
Spec readSpec(const json::Value& value);

Process readProcess(const json::Value& value);
Mount readMount(const json::Value& value);
Hooks readHooks(const json::Value& value);
Linux readLinux(const json::Value& value);
Resources readResources(const json::Value& value);
Seccomp readSeccomp(const json::Value& value);

// The section of another platform ("windows", "vm" ...) that the configuration
// has. It reads without complaint; running it as a Linux container would not
// be what its writer asked for.
std::optional<std::string> foreignSection(const json::Value& value);

}  // namespace slipway::spec
