// SPDX-License-Identifier: Apache-2.0
// What a process is given on purpose: resource limits, priority, personality.
#pragma once

#include <optional>
#include <vector>

#include "spec/spec.h"

namespace slipway {

void applyRlimits(const std::vector<spec::Rlimit>& rlimits);
void applyOomScoreAdj(int procSelf, std::optional<int32_t> value);
void applyScheduler(const spec::Scheduler& scheduler);
void applyIoPriority(const spec::IoPriority& priority);
void applyPersonality(const spec::Personality& personality);

}  // namespace slipway
