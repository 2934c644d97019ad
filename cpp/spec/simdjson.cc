// SPDX-License-Identifier: Apache-2.0
// The one place where simdjson itself is compiled: ten seconds that no other
// file should pay for. flags.txt chooses its kernels.
#include "spec/simdjson_header.h"
// The library's source wants its header first.
#include <simdjson.cpp>
