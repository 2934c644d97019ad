// SPDX-License-Identifier: Apache-2.0
// simdjson's header without the start-up code of C++'s streams. The library
// prints nowhere that is used here, but its include of <iostream> would link all
// locales: a quarter of a static program. The guard of that header keeps it out.
#pragma once

// NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
#define _GLIBCXX_IOSTREAM 1
#include <istream>
#include <ostream>

#include <simdjson.h>
