// SPDX-License-Identifier: Apache-2.0
#include "init/launch.h"

#include <fcntl.h>

#include <cstdlib>
#include <cstring>

#include "init/departure.h"
#include "init/reaper.h"
#include "sys/descriptors.h"

namespace slipway {

int exitCodeOf(const char* syscall, int err) {
  if (strcmp(syscall, "execve") != 0) return 125;
  return err == ENOENT || err == ENOTDIR ? 127 : 126;
}

void launch(const ProcessPlan& plan, InitContext& context, StepClock& clock, int procSelf) {
  // From here on paths are the image's, and the kernel still follows
  // /proc/self/fd while it looks up the program: a folder of the machine must
  // not be there.
  closeAllBut({context.socket, procSelf}, procSelf);
  clock.begin("look up user");
  Fd root(check(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), "look up user", "open", "/"));
  const Departure departure =
      prepareDeparture(plan, context.filters, root.get(), context.mayChangeGroups);
  root.reset();
  // The limits of its user may let it open nothing more.
  Fd self;
  if (plan.init)
    self = Fd(check(openat(procSelf, "exe", O_PATH | O_CLOEXEC), "start init", "openat",
                    "/proc/self/exe"));
  Fd mountNamespace;
  if (context.tellMountNamespace)
    mountNamespace = Fd(check(openat(procSelf, "ns/mnt", O_RDONLY | O_CLOEXEC), "exec", "openat",
                              "/proc/self/ns/mnt"));
  clock.end();
  DepartureTimes times;
  const char* program = nullptr;
  raise(depart(departure, context.socket, procSelf, times, program));
  for (size_t step = 0; step < times.size(); step++) clock.add(kDepartureSteps[step], times[step]);
  clock.begin("exec");
  closeAllOnExec(procSelf, "exec");
  clock.end();
  reportReady(context.socket, clock, mountNamespace.get());
  raise(dropLastRights(departure));
  // Last, so that process 1 holds no more rights than its program.
  if (plan.init) execInit(self.get(), context.socket, program, departure.program);
  raise(execProgram(program, departure.program));
  abort();
}

}  // namespace slipway
