// SPDX-License-Identifier: Apache-2.0
// The numbers of tar headers, each refused when it does not fit: a size that
// wraps is how an archive makes its reader write elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string_view>

namespace slipway {

// A header field: octal digits with blanks around, or base 256 when the first
// byte has its high bit set (GNU). An empty field is 0.
std::optional<int64_t> parseTarField(const char* field, size_t length);

// Decimal digits and nothing else.
std::optional<uint64_t> parseDecimal(std::string_view text);

// A pax time: "-1.25" is 1.25 s before the epoch; digits past nanoseconds are cut.
std::optional<timespec> parsePaxTime(std::string_view text);

}  // namespace slipway
