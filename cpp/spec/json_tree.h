// SPDX-License-Identifier: Apache-2.0
// The flat tree behind json::Value. Shared by json.cc, which reads it, and
// json_parse.cc, which builds it; nobody else includes this.
#pragma once

#include <string_view>

#include "spec/json.h"

namespace slipway::json {

// Children of one node stand next to each other, so that the n-th item of an
// array is found by adding. The parent leads back to the field name, which is
// therefore only built when something is wrong.
struct Node {
  struct Children {
    uint32_t first, count;
  };

  Kind kind = Kind::null;
  uint32_t parent = 0;
  std::string_view key;
  union {
    bool boolean;
    int64_t integer;
    uint64_t natural;
    double real;
    Children children = {0, 0};
  };
  std::string_view text;
};

}  // namespace slipway::json
