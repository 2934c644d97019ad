// SPDX-License-Identifier: Apache-2.0
// How a bad configuration is refused: the field first, then what is allowed.
#include <gtest/gtest.h>

#include <string>

#include "spec_fixtures.h"

using slipway::spec::readSpec;
using slipway::test::errorOf;

namespace {

std::string errorOfProcess(const std::string& inner) {
  return errorOf(R"({"ociVersion":"1.2.0","process":{"cwd":"/",)" + inner + "}}");
}

std::string errorOfLinux(const std::string& inner) {
  return errorOf(R"({"ociVersion":"1.2.0","linux":{)" + inner + "}}");
}

std::string errorOfResources(const std::string& inner) {
  return errorOfLinux(R"("resources":{)" + inner + "}");
}

std::string errorOfSeccomp(const std::string& inner) {
  return errorOfLinux(R"("seccomp":{"defaultAction":"SCMP_ACT_ALLOW",)" + inner + "}");
}

}  // namespace

TEST(SpecRefusal, TakesOnlyVersionsOne) {
  for (const char* good :
       {"1.0.0", "1.2.1", "1.10.20", "1.0.0-rc1", "1.2.0+dev", "1.0.2-a.b+c-d"}) {
    EXPECT_EQ(readSpec(std::string(R"({"ociVersion":")") + good + "\"}").ociVersion, good);
  }
  for (const char* bad : {"", "1", "1.0", "1.0.0.0", "v1.0.0", "0.5.0-dev", "2.0.0", "10.0.0",
                          "1.0.0-", "1.0.0+", "1.0.0-a..b", "1.00.0", "1.0.x", "1.0.0 "}) {
    EXPECT_EQ(errorOf(std::string(R"({"ociVersion":")") + bad + "\"}"),
              std::string("ociVersion: expected a version 1.x.y, got \"") + bad + "\"");
  }
  EXPECT_EQ(errorOf(R"({"ociVersion":1})"), "ociVersion: expected a string, got 1");
}

TEST(SpecRefusal, RefusesABadProcessByField) {
  EXPECT_EQ(errorOf(R"({"ociVersion":"1.2.0","process":{}})"), "process.cwd: required, but absent");
  EXPECT_EQ(errorOf(R"({"ociVersion":"1.2.0","process":{"cwd":"srv"}})"),
            "process.cwd: expected an absolute path, got \"srv\"");
  EXPECT_EQ(errorOfProcess(R"("user":{"uid":-1})"),
            "process.user.uid: expected an integer from 0 to 4294967295, got -1");
  EXPECT_EQ(errorOfProcess(R"("user":{"additionalGids":[1,"x"]})"),
            "process.user.additionalGids[1]: expected an integer, got a string");
  EXPECT_EQ(errorOfProcess(R"("args":"sh")"), "process.args: expected an array, got a string");
  EXPECT_EQ(errorOfProcess(R"("noNewPrivileges":"true")"),
            "process.noNewPrivileges: expected a boolean, got a string");
  EXPECT_EQ(errorOfProcess(R"("capabilities":["CAP_KILL"])"),
            "process.capabilities: expected an object, got an array");
  EXPECT_EQ(errorOfProcess(R"("consoleSize":{"height":1,"width":65536})"),
            "process.consoleSize.width: expected an integer from 0 to 65535, got 65536");
  EXPECT_EQ(errorOfProcess(R"("env":["A=\u0000"])"),
            "process.env[0]: a NUL byte is not allowed in a string");
}

TEST(SpecRefusal, RefusesBadProcessLimitsByField) {
  EXPECT_EQ(errorOfProcess(R"("rlimits":[{"type":"NOFILE","hard":1,"soft":1}])"),
            "process.rlimits[0].type: expected a name such as RLIMIT_NOFILE, got \"NOFILE\"");
  EXPECT_EQ(errorOfProcess(R"("rlimits":[{"type":"RLIMIT_CPU","hard":-1,"soft":1}])"),
            "process.rlimits[0].hard: expected an integer from 0 to 18446744073709551615, got -1");
  EXPECT_EQ(errorOfProcess(R"("rlimits":[{"type":"RLIMIT_CPU","hard":1}])"),
            "process.rlimits[0].soft: required, but absent");
  EXPECT_EQ(errorOfProcess(R"("rlimits":[{"type":"RLIMIT_CPU","hard":1,"soft":1},)"
                           R"({"type":"RLIMIT_CPU","hard":2,"soft":2}])"),
            "process.rlimits[1].type: \"RLIMIT_CPU\" is already in this list");
  EXPECT_EQ(errorOfProcess(R"("oomScoreAdj":1.5)").find("process.oomScoreAdj: "), 0u);
  EXPECT_EQ(errorOfProcess(R"("ioPriority":{"class":"BE"})"),
            "process.ioPriority.class: expected one of IOPRIO_CLASS_RT, IOPRIO_CLASS_BE, "
            "IOPRIO_CLASS_IDLE, got \"BE\"");
  EXPECT_EQ(errorOfProcess(R"("scheduler":{"policy":"FAST"})").find("process.scheduler.policy: "),
            0u);
  EXPECT_EQ(errorOfProcess(R"("execCPUAffinity":{"final":"all"})"),
            "process.execCPUAffinity.final: expected a list of CPUs such as 0-3,7, got \"all\"");
}

TEST(SpecRefusal, RefusesBadHooksAndMountsByField) {
  EXPECT_EQ(errorOf(R"({"ociVersion":"1.2.0","hooks":{"poststop":[{"path":"h"}]}})"),
            "hooks.poststop[0].path: expected an absolute path, got \"h\"");
  EXPECT_EQ(errorOf(R"({"ociVersion":"1.2.0","hooks":{"poststop":[{"path":"/h","timeout":0}]}})"),
            "hooks.poststop[0].timeout: expected an integer from 1 to 2147483647, got 0");
  EXPECT_EQ(errorOf(R"({"ociVersion":"1.2.0","mounts":[{"source":"/a"}]})"),
            "mounts[0].destination: required, but absent");
  EXPECT_EQ(errorOf(R"({"ociVersion":"1.2.0","mounts":[{"destination":"/a",)"
                    R"("uidMappings":[{"containerID":0,"hostID":1}]}]})"),
            "mounts[0].uidMappings[0].size: required, but absent");
  EXPECT_EQ(errorOf(R"({"ociVersion":"1.2.0","annotations":{"":"v"}})"),
            "annotations: a key must not be empty");
}

TEST(SpecRefusal, RefusesABadLinuxSectionByField) {
  EXPECT_EQ(errorOfLinux(R"("namespaces":[{"type":"net"}])").find("linux.namespaces[0].type: "),
            0u);
  EXPECT_EQ(errorOfLinux(R"("namespaces":[{"type":"pid","path":"x"}])"),
            "linux.namespaces[0].path: expected an absolute path, got \"x\"");
  EXPECT_EQ(errorOfLinux(R"("maskedPaths":["proc"])"),
            "linux.maskedPaths[0]: expected an absolute path, got \"proc\"");
  EXPECT_EQ(errorOfLinux(R"("devices":[{"type":"c","path":"/dev/x","major":1}])"),
            "linux.devices[0].minor: required, but absent");
  EXPECT_EQ(errorOfLinux(R"("devices":[{"type":"p","path":"/x","fileMode":512}])"),
            "linux.devices[0].fileMode: expected an integer from 0 to 511, got 512");
  EXPECT_EQ(errorOfLinux(R"("devices":[{"type":"a","path":"/x"}])"),
            "linux.devices[0].type: expected one of c, b, u, p, got \"a\"");
  EXPECT_EQ(errorOfLinux(R"("rootfsPropagation":"none")").find("linux.rootfsPropagation: "), 0u);
  EXPECT_EQ(errorOfLinux(R"("timeOffsets":{"realtime":{}})").find("linux.timeOffsets.realtime: "),
            0u);
  EXPECT_EQ(
      errorOfLinux(R"("timeOffsets":{"boottime":{"nanosecs":-1}})"),
      "linux.timeOffsets.boottime.nanosecs: expected an integer from 0 to 4294967295, got -1");
  EXPECT_EQ(errorOfLinux(R"("sysctl":{"net.a":1})"),
            "linux.sysctl[\"net.a\"]: expected a string, got 1");
  EXPECT_EQ(errorOfLinux(R"("intelRdt":{"memBwSchema":"L3:0=1"})"),
            "linux.intelRdt.memBwSchema: expected one line that begins with MB:");
  EXPECT_EQ(errorOfLinux(R"("personality":{"domain":"BSD"})"),
            "linux.personality.domain: expected one of LINUX, LINUX32, got \"BSD\"");
  EXPECT_EQ(errorOfLinux(R"("memoryPolicy":{"flags":["X"]})").find("linux.memoryPolicy.flags[0]: "),
            0u);
}

TEST(SpecRefusal, RefusesBadResourcesByField) {
  EXPECT_EQ(errorOfResources(R"("memory":{"limit":"1g"})"),
            "linux.resources.memory.limit: expected an integer, got a string");
  EXPECT_EQ(errorOfResources(R"("memory":{"swappiness":-1})"),
            "linux.resources.memory.swappiness: expected an integer from 0 to "
            "18446744073709551615, got -1");
  EXPECT_EQ(errorOfResources(R"("cpu":{"quota":9223372036854775808})")
                .find("linux.resources.cpu.quota: "),
            0u);
  EXPECT_EQ(errorOfResources(R"("pids":{})"), "linux.resources.pids.limit: required, but absent");
  EXPECT_EQ(errorOfResources(R"("blockIO":{"weight":65536})"),
            "linux.resources.blockIO.weight: expected an integer from 0 to 65535, got 65536");
  EXPECT_EQ(errorOfResources(R"("blockIO":{"throttleReadBpsDevice":[{"major":8}]})"),
            "linux.resources.blockIO.throttleReadBpsDevice[0].minor: required, but absent");
  for (const char* size : {"64kB", "0MB", "MB", "2MiB", "2 MB", "-2MB", "2M"}) {
    EXPECT_EQ(errorOfResources(std::string(R"("hugepageLimits":[{"limit":1,"pageSize":")") + size +
                               "\"}]")
                  .find("linux.resources.hugepageLimits[0].pageSize: "),
              0u)
        << size;
  }
  EXPECT_EQ(errorOfResources(R"("devices":[{"access":"r"}])"),
            "linux.resources.devices[0].allow: required, but absent");
  EXPECT_EQ(errorOfResources(R"("devices":[{"allow":true,"access":"rx"}])"),
            "linux.resources.devices[0].access: expected letters of rwm, got \"rx\"");
  EXPECT_EQ(errorOfResources(R"("network":{"priorities":[{"name":"a"}]})"),
            "linux.resources.network.priorities[0].priority: required, but absent");
}

TEST(SpecRefusal, RefusesBadSeccompByField) {
  EXPECT_EQ(errorOfLinux(R"("seccomp":{})"), "linux.seccomp.defaultAction: required, but absent");
  EXPECT_EQ(errorOfSeccomp(R"("architectures":["x86"])").find("linux.seccomp.architectures[0]: "),
            0u);
  EXPECT_EQ(errorOfSeccomp(R"("flags":["LOG"])").find("linux.seccomp.flags[0]: "), 0u);
  EXPECT_EQ(errorOfSeccomp(R"("syscalls":[{"names":[],"action":"SCMP_ACT_LOG"}])"),
            "linux.seccomp.syscalls[0].names: expected at least one name");
  EXPECT_EQ(errorOfSeccomp(R"("syscalls":[{"names":["a"],"action":"ALLOW"}])")
                .find("linux.seccomp.syscalls[0].action: "),
            0u);
  EXPECT_EQ(errorOfSeccomp(R"("defaultErrnoRet":1)"),
            "linux.seccomp.defaultErrnoRet: only SCMP_ACT_ERRNO and SCMP_ACT_TRACE return a "
            "number, not SCMP_ACT_ALLOW");
  EXPECT_EQ(errorOfSeccomp(R"("syscalls":[{"names":["a"],"action":"SCMP_ACT_LOG",)"
                           R"("args":[{"index":0,"value":-1,"op":"SCMP_CMP_EQ"}]}])"),
            "linux.seccomp.syscalls[0].args[0].value: expected an integer from 0 to "
            "18446744073709551615, got -1");
}

TEST(SpecRefusal, TreatsNullAsAWrongType) {
  EXPECT_EQ(errorOf(R"({"ociVersion":"1.2.0","process":null})"),
            "process: expected an object, got null");
  EXPECT_EQ(errorOfLinux(R"("seccomp":null)"), "linux.seccomp: expected an object, got null");
}
