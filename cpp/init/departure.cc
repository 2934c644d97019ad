// SPDX-License-Identifier: Apache-2.0
#include "init/departure.h"

#include <sys/prctl.h>

#include <cstring>

#include "container/proc_self.h"
#include "container/system.h"
#include "init/report.h"
#include "sys/raw.h"

namespace slipway {
namespace {

// A process of another user may reopen its own output by /dev/stdout, as it
// could in a shell. Only pipes and a terminal of its own, which stays with group
// tty: /dev/null belongs to the machine.
Fault giveStdio(const Departure& departure) {
  const Identity& identity = departure.identity;
  if (identity.uid == 0) return {};
  for (int fd = 0; fd < 3; fd++) {
    const bool pipe = (departure.pipes >> fd & 1) != 0;
    if (!pipe && !departure.terminal) continue;
    const gid_t gid = departure.terminal ? static_cast<gid_t>(-1) : identity.gid;
    const long result = raw::call(SYS_fchown, fd, identity.uid, gid);
    // EPERM: a pipe of a user who is not mapped in this user namespace. It can
    // be used as it is, but not opened by its name.
    if (result >= 0 || result == -EPERM) continue;
    return faultOf(result, "give stdio", "fchown", identity.uidText.c_str(),
                   result == -EINVAL ? "the user id has no mapping in the user namespace" : "");
  }
  return {};
}

Fault writeLabel(int procSelf, const char* file, const std::string& text, const char* step) {
  return text.empty() ? Fault() : writeProcSelf(procSelf, file, text, step);
}

Fault limitProcess(const Departure& departure, int procSelf) {
  if (const Fault fault = applyLimits(departure.limits, procSelf)) return fault;
  return giveStdio(departure);
}

// Effective rights while the user has already changed, for the filter.
Fault dropRights(const Departure& departure, int socket, int procSelf) {
  if (departure.keyring) {
    if (const Fault fault = newKeyring()) return fault;
  }
  if (const Fault fault =
          writeLabel(procSelf, "attr/apparmor/exec", departure.apparmor, "set apparmor profile"))
    return fault;
  if (const Fault fault = writeLabel(procSelf, "attr/exec", departure.selinux, "set selinux label"))
    return fault;
  if (departure.limited) {
    if (const Fault fault = dropBounding(departure.sets)) return fault;
  }
  if (const Fault fault = keepCapabilitiesAcrossSetuid()) return fault;
  if (const Fault fault = becomeUser(departure.identity, departure.setGroups)) return fault;
  if (departure.umask) raw::call(SYS_umask, *departure.umask);
  return watchSupervisor(socket);
}

std::optional<SeccompFilter> findFilter(const SeccompFilters* filters, uint64_t number) {
  if (number == 0) return std::nullopt;
  if (filters != nullptr) {
    if (const auto found = filters->find(number); found != filters->end()) return found->second;
  }
  throw SysError("find filter", "", std::to_string(number), ENOENT);
}

}  // namespace

Departure prepareDeparture(const ProcessPlan& plan, const SeccompFilters* filters, int root,
                           bool setGroups) {
  const spec::Process& process = plan.process;
  Departure departure;
  departure.filter = findFilter(filters, plan.filter);
  departure.identity = lookUpUser(root, plan.user, process.user);
  departure.setGroups = setGroups;
  departure.terminal = process.terminal;
  for (const int fd : plan.ownPipes) departure.pipes |= 1u << fd;
  departure.limits = prepareLimits(process);
  departure.workdir = prepareWorkdir(process.cwd, plan.makeWorkdir);
  if (!process.apparmorProfile.empty()) departure.apparmor = "exec " + process.apparmorProfile;
  departure.selinux = process.selinuxLabel;
  departure.own = departure.sets = ownCapabilities();
  departure.limited = process.capabilities.has_value();
  if (departure.limited)
    departure.sets = capabilitySets(*process.capabilities, departure.own.permitted);
  // What Docker does for a user that is not root; ambient ones were asked for.
  if (plan.rootOnlyCapabilities && departure.identity.uid != 0)
    departure.sets.effective = departure.sets.permitted = departure.sets.ambient;
  departure.umask = process.user.umask;
  departure.noNewPrivileges = process.noNewPrivileges;
  std::vector<std::string> env = process.env;
  addMissingEnv(env, "HOME", departure.identity.home);
  departure.program = Program(process.args, std::move(env));
  departure.failPoint = plan.failPoint;
  return departure;
}

bool needsProcSelf(const Departure& departure) {
  return !departure.limits.oomScoreAdj.empty() || !departure.apparmor.empty() ||
         !departure.selinux.empty();
}

Fault faultAsked(const Departure& departure, const char* step) {
  if (strcmp(departure.failPoint.c_str(), step) != 0) return {};
  return {step, "failpoint", "", EIO, "injected failure"};
}

Fault depart(const Departure& departure, int socket, int procSelf, DepartureTimes& times,
             const char*& program) {
  const auto make = [&](size_t step) {
    switch (step) {
      case 0:
        return limitProcess(departure, procSelf);
      case 1:
        return enterWorkdir(departure.workdir);
      case 2:
        return dropRights(departure, socket, procSelf);
      default:
        return findProgram(departure.program, program);
    }
  };
  uint64_t last = monotonicNs();
  for (size_t step = 0; step < kDepartureSteps.size(); step++) {
    if (const Fault fault = faultAsked(departure, kDepartureSteps[step])) return fault;
    if (const Fault fault = make(step)) return fault;
    const uint64_t now = monotonicNs();
    times[step] = now - last;
    last = now;
  }
  return {};
}

Fault dropLastRights(const Departure& departure) {
  const auto attach = [&departure] {
    return departure.filter ? attachSeccomp(departure.filter->program, departure.filter->flags)
                            : Fault();
  };
  if (departure.noNewPrivileges) {
    if (const Fault fault = applyCapabilities(departure.sets)) return fault;
    const long result = raw::call(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1);
    if (result < 0) return faultOf(result, "drop rights", "prctl", "PR_SET_NO_NEW_PRIVS");
    return attach();
  }
  if (departure.filter) {
    // A filter without no_new_privs needs CAP_SYS_ADMIN.
    if (const Fault fault = applyCapabilities(departure.own)) return fault;
    if (const Fault fault = attach()) return fault;
  }
  return applyCapabilities(departure.sets);
}

}  // namespace slipway
