// SPDX-License-Identifier: Apache-2.0
// What the reader's files share.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spec/json.h"
#include "spec/spec.h"

namespace slipway::spec {

using Names = std::span<const std::string_view>;

void readOneOf(const json::Value& value, std::string_view key, std::string& out, Names allowed);
void readManyOf(const json::Value& value, std::string_view key, std::vector<std::string>& out,
                Names allowed);
// For lists in which the OCI text forbids two entries of one type.
void refuseSecond(const json::Value& list, std::string_view key);
std::string readAbsolutePath(const json::Value& value);
IdMapping readIdMapping(const json::Value& value);
std::map<std::string, std::string> readStringMap(const json::Value& value);

}  // namespace slipway::spec
