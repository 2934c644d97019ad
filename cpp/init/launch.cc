// SPDX-License-Identifier: Apache-2.0
#include "init/launch.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "container/capabilities.h"
#include "container/limits.h"
#include "container/process.h"
#include "container/seccomp.h"
#include "container/system.h"
#include "container/user.h"
#include "init/reaper.h"
#include "sys/descriptors.h"
#include "sys/kernel.h"
#include "sys/path.h"

namespace slipway {
namespace {

constexpr const char* kUnmapped = "the user id has no mapping in the user namespace";

// A process of another user may reopen its own output by /dev/stdout, as it
// could in a shell. Only pipes and a terminal of its own, which stays with group
// tty: /dev/null belongs to the machine.
void giveStdio(const Identity& identity, const ProcessPlan& plan) {
  for (int fd = 0; fd < 3; fd++) {
    const bool terminal = plan.process.terminal;
    const bool pipe =
        std::find(plan.ownPipes.begin(), plan.ownPipes.end(), fd) != plan.ownPipes.end();
    if (!pipe && !terminal) continue;
    const gid_t gid = terminal ? static_cast<gid_t>(-1) : identity.gid;
    if (fchown(fd, identity.uid, gid) == 0) continue;
    const int saved = errno;
    // EPERM: a pipe of a user who is not mapped in this user namespace. It can
    // be used as it is, but not opened by its name.
    if (saved != EPERM)
      throw SysError("give stdio", "fchown", std::to_string(identity.uid), saved,
                     saved == EINVAL ? kUnmapped : "");
  }
}

void writeLabel(int procSelf, const char* file, const std::string& text, const char* step) {
  if (!text.empty()) writeFileAt(procSelf, file, text, 0, 0, step);
}

void applyProcessLimits(const ProcessPlan& plan, int procSelf) {
  const spec::Process& process = plan.process;
  applyOomScoreAdj(procSelf, process.oomScoreAdj);
  if (process.scheduler) applyScheduler(*process.scheduler);
  if (process.ioPriority) applyIoPriority(*process.ioPriority);
  applyRlimits(process.rlimits);
}

// Effective rights while the user has already changed, for the filter.
void dropRights(const ProcessPlan& plan, const Identity& identity, bool setGroups) {
  if (plan.process.capabilities) dropBounding(capabilitySets(*plan.process.capabilities));
  keepCapabilitiesAcrossSetuid();
  becomeUser(identity, setGroups);
  if (plan.process.user.umask) umask(*plan.process.user.umask);
}

const SeccompFilter* findFilter(const SeccompFilters* filters, uint64_t number) {
  if (number == 0) return nullptr;
  const auto found = filters == nullptr ? SeccompFilters::const_iterator() : filters->find(number);
  if (filters == nullptr || found == filters->end())
    throw SysError("find filter", "", std::to_string(number), ENOENT);
  return &found->second;
}

void filterAndCapabilities(const ProcessPlan& plan, const SeccompFilter* filter,
                           const CapabilitySets& own, const CapabilitySets& sets) {
  if (plan.process.noNewPrivileges) {
    applyCapabilities(sets);
    check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "drop rights", "prctl", "PR_SET_NO_NEW_PRIVS");
    if (filter != nullptr) attachSeccomp(filter->program, filter->flags);
    return;
  }
  if (filter != nullptr) {
    applyCapabilities(own);  // a filter without no_new_privs needs CAP_SYS_ADMIN
    attachSeccomp(filter->program, filter->flags);
  }
  applyCapabilities(sets);
}

}  // namespace

int exitCodeOf(const SysError& error) {
  if (error.syscall != "execve") return 125;
  return error.err == ENOENT || error.err == ENOTDIR ? 127 : 126;
}

void launch(ProcessPlan& plan, InitContext& context, StepClock& clock, int procSelf) {
  spec::Process& process = plan.process;
  const SeccompFilter* filter = findFilter(context.filters, plan.filter);
  // From here on paths are the image's, and the kernel still follows
  // /proc/self/fd while it looks up the program: a folder of the machine must
  // not be there.
  closeAllBut({context.socket, procSelf}, procSelf);
  clock.begin("look up user");
  const Fd root(check(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), "look up user", "open", "/"));
  const Identity identity = lookUpUser(root.get(), plan.user, process.user);
  addMissingEnv(process.env, "HOME", identity.home);
  clock.begin("limit process");
  applyProcessLimits(plan, procSelf);
  if (identity.uid != 0) giveStdio(identity, plan);
  clock.begin("enter working folder");
  enterWorkdir(process.cwd, plan.makeWorkdir);
  clock.begin("drop rights");
  newKeyring();
  writeLabel(procSelf, "attr/apparmor/exec",
             process.apparmorProfile.empty() ? "" : "exec " + process.apparmorProfile,
             "set apparmor profile");
  writeLabel(procSelf, "attr/exec", process.selinuxLabel, "set selinux label");
  const CapabilitySets own = ownCapabilities();
  CapabilitySets sets = process.capabilities ? capabilitySets(*process.capabilities) : own;
  // What Docker does for a user that is not root; ambient ones were asked for.
  if (plan.rootOnlyCapabilities && identity.uid != 0)
    sets.effective = sets.permitted = sets.ambient;
  dropRights(plan, identity, context.mayChangeGroups);
  dieWithSupervisor(context.socket);
  clock.begin("find program");
  if (process.args.empty())
    throw SysError("find program", "execve", "", EINVAL, "the command is empty");
  const std::string program = findProgram(process.args[0], process.env);
  clock.begin("exec");
  Fd self;
  if (plan.init)
    self = Fd(check(openat(procSelf, "exe", O_PATH | O_CLOEXEC), "start init", "openat",
                    "/proc/self/exe"));
  Fd mountNamespace;
  if (context.tellMountNamespace)
    mountNamespace = Fd(check(openat(procSelf, "ns/mnt", O_RDONLY | O_CLOEXEC), "exec", "openat",
                              "/proc/self/ns/mnt"));
  closeAllOnExec(procSelf, "exec");
  clock.end();
  reportReady(context.socket, clock, mountNamespace.get());
  filterAndCapabilities(plan, filter, own, sets);
  // Last, so that process 1 holds no more rights than its program.
  if (plan.init) execInit(self.get(), context.socket, program, process.args, process.env);
  execProgram(program, process.args, process.env);
}

}  // namespace slipway
