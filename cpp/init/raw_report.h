// SPDX-License-Identifier: Apache-2.0
// What a process tells that may allocate nothing: the same events as in
// init/report.h, in the form of this program's own memory.
#pragma once

#include <string>
#include <string_view>

#include "init/departure.h"
#include "sys/fault.h"

namespace slipway {

// System calls only. Who could not tell that it is ready must not go on: nobody
// would know of it. A failure that nobody hears any more is lost.
Fault tellReady(int socket, const DepartureTimes& times);
void tellFault(int socket, const Fault& fault);

bool isRawReport(std::string_view message);
// As the JSON of init/report.h.
std::string rawReportJson(std::string_view message);

}  // namespace slipway
