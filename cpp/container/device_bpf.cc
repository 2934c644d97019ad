// SPDX-License-Identifier: Apache-2.0
#include "container/device_bpf.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <optional>

#include "sys/error.h"
#include "sys/fd.h"

namespace slipway {
namespace {

constexpr const char* kStep = "set device rules";
constexpr char kProgramName[] = "slipway_devices";

enum Register : uint8_t {
  kResult = BPF_REG_0,
  kContext = BPF_REG_1,
  kType = BPF_REG_2,
  kAccess = BPF_REG_3,
  kMajor = BPF_REG_4,
  kMinor = BPF_REG_5
};

bpf_insn instruction(uint8_t code, uint8_t to, uint8_t from, int16_t offset, int64_t value) {
  bpf_insn insn{};
  insn.code = code;
  insn.dst_reg = to & 0xf;
  insn.src_reg = from & 0xf;
  insn.off = offset;
  insn.imm = static_cast<int32_t>(value);
  return insn;
}

bpf_insn load(uint8_t to, int16_t offset) {
  return instruction(BPF_LDX | BPF_MEM | BPF_W, to, kContext, offset, 0);
}
bpf_insn compute(uint8_t operation, uint8_t to, int64_t value) {
  return instruction(BPF_ALU | operation | BPF_K, to, 0, 0, value);
}
// 32-bit compares (kernel 5.1): a 64-bit one would extend the sign of the number.
bpf_insn jump(uint8_t condition, uint8_t reg, int64_t value, int16_t over) {
  return instruction(BPF_JMP32 | condition | BPF_K, reg, 0, over, value);
}
bpf_insn skip(int16_t over) { return instruction(BPF_JMP | BPF_JA, 0, 0, over, 0); }

constexpr int16_t kToNextRule = -1;  // replaced when the rule's length is known

void verdict(std::vector<bpf_insn>& code, bool allow) {
  code.push_back(instruction(BPF_ALU64 | BPF_MOV | BPF_K, kResult, 0, 0, allow));
  code.push_back(instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
}

// Rules come last first. kAccess holds the parts of the request no later rule
// has decided: a denial of any of them ends it, an allowance takes its parts away.
std::vector<bpf_insn> assembleRule(const DeviceMatch& rule) {
  std::vector<bpf_insn> code;
  if (rule.type) code.push_back(jump(BPF_JNE, kType, rule.type, kToNextRule));
  if (rule.major != kAnyDevice) code.push_back(jump(BPF_JNE, kMajor, rule.major, kToNextRule));
  if (rule.minor != kAnyDevice) code.push_back(jump(BPF_JNE, kMinor, rule.minor, kToNextRule));
  if (rule.access != kDeviceAll && rule.allow) {
    code.push_back(compute(BPF_AND, kAccess, ~rule.access & kDeviceAll));
    code.push_back(jump(BPF_JNE, kAccess, 0, kToNextRule));
  } else if (rule.access != kDeviceAll) {
    code.push_back(jump(BPF_JSET, kAccess, rule.access, 1));
    code.push_back(skip(kToNextRule));
  }
  verdict(code, rule.allow);
  for (size_t i = 0; i < code.size(); ++i)
    if (code[i].off == kToNextRule) code[i].off = static_cast<int16_t>(code.size() - i - 1);
  return code;
}

long bpf(bpf_cmd command, bpf_attr& attr) {
  return ::syscall(SYS_bpf, command, &attr, sizeof attr);
}

uint64_t address(const void* pointer) { return reinterpret_cast<uintptr_t>(pointer); }

int tryLoad(const std::vector<bpf_insn>& code, std::string* log) {
  bpf_attr attr{};
  attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  attr.insns = address(code.data());
  attr.insn_cnt = static_cast<uint32_t>(code.size());
  attr.license = address("Apache-2.0");
  std::memcpy(attr.prog_name, kProgramName, sizeof kProgramName);
  if (log) {
    attr.log_buf = address(log->data());
    attr.log_size = static_cast<uint32_t>(log->size());
    attr.log_level = 1;
  }
  return static_cast<int>(bpf(BPF_PROG_LOAD, attr));
}

// Before 5.11 programs count against RLIMIT_MEMLOCK, by default a few pages, and
// the refusal is EPERM. The limit is put back: containers inherit it.
int loadUnlimited(const std::vector<bpf_insn>& code) {
  rlimit old{};
  if (::getrlimit(RLIMIT_MEMLOCK, &old) < 0) return -1;
  const rlimit none{RLIM_INFINITY, RLIM_INFINITY};
  if (::setrlimit(RLIMIT_MEMLOCK, &none) < 0) return -1;
  const int fd = tryLoad(code, nullptr);
  const int saved = errno;
  check(::setrlimit(RLIMIT_MEMLOCK, &old), kStep, "setrlimit", "RLIMIT_MEMLOCK");
  errno = saved;
  return fd;
}

Fd loadProgram(const std::vector<bpf_insn>& code, const std::string& path) {
  Fd program(tryLoad(code, nullptr));
  if (!program && errno == EPERM) program.reset(loadUnlimited(code));
  if (program) return program;
  const int saved = errno;
  std::string hint = "device rules on cgroup v2 need CAP_BPF or CAP_SYS_ADMIN of the host";
  if (saved != EPERM) {
    std::string log(4096, '\0');
    const Fd again(tryLoad(code, &log));
    hint = "the verifier said: " + std::string(log.c_str());
  }
  throw SysError(kStep, "bpf(BPF_PROG_LOAD)", path, saved, hint);
}

std::vector<uint32_t> attachedPrograms(int cgroupFd, const std::string& path) {
  std::vector<uint32_t> ids(64);
  bpf_attr attr{};
  attr.query.target_fd = static_cast<uint32_t>(cgroupFd);
  attr.query.attach_type = BPF_CGROUP_DEVICE;
  attr.query.prog_ids = address(ids.data());
  attr.query.prog_cnt = static_cast<uint32_t>(ids.size());
  check(bpf(BPF_PROG_QUERY, attr), kStep, "bpf(BPF_PROG_QUERY)", path);
  ids.resize(attr.query.prog_cnt);
  return ids;
}

bool isOurs(int program) {
  bpf_prog_info info{};
  bpf_attr attr{};
  attr.info.bpf_fd = static_cast<uint32_t>(program);
  attr.info.info_len = sizeof info;
  attr.info.info = address(&info);
  check(bpf(BPF_OBJ_GET_INFO_BY_FD, attr), kStep, "bpf(BPF_OBJ_GET_INFO_BY_FD)");
  return std::strcmp(info.name, kProgramName) == 0;
}

// systemd may have a program of its own here; only ours may be replaced.
Fd findOurs(int cgroupFd, const std::string& path) {
  for (const uint32_t id : attachedPrograms(cgroupFd, path)) {
    bpf_attr attr{};
    attr.prog_id = id;
    Fd program(static_cast<int>(
        check(bpf(BPF_PROG_GET_FD_BY_ID, attr), kStep, "bpf(BPF_PROG_GET_FD_BY_ID)", path)));
    if (isOurs(program.get())) return program;
  }
  return {};
}

}  // namespace

std::vector<bpf_insn> assembleDeviceProgram(const std::vector<DeviceMatch>& rules) {
  std::vector<bpf_insn> code{
      load(kType, offsetof(bpf_cgroup_dev_ctx, access_type)),
      instruction(BPF_ALU | BPF_MOV | BPF_X, kAccess, kType, 0, 0),
      compute(BPF_AND, kType, 0xffff),
      compute(BPF_RSH, kAccess, 16),
      load(kMajor, offsetof(bpf_cgroup_dev_ctx, major)),
      load(kMinor, offsetof(bpf_cgroup_dev_ctx, minor)),
  };
  for (auto rule = rules.rbegin(); rule != rules.rend(); ++rule) {
    const std::vector<bpf_insn> part = assembleRule(*rule);
    code.insert(code.end(), part.begin(), part.end());
    // Nothing gets past it, and the verifier refuses instructions nobody reaches.
    if (rule->everything()) return code;
  }
  verdict(code, false);
  return code;
}

// With BPF_F_REPLACE (kernel 5.6) the exchange has no moment without a program
// and none with both.
void attachDeviceProgram(int cgroupFd, const std::string& path,
                         const std::vector<DeviceMatch>& rules, bool isNew) {
  const Fd program = loadProgram(assembleDeviceProgram(rules), path);
  const Fd old = isNew ? Fd() : findOurs(cgroupFd, path);
  bpf_attr attr{};
  attr.target_fd = static_cast<uint32_t>(cgroupFd);
  attr.attach_bpf_fd = static_cast<uint32_t>(program.get());
  attr.attach_type = BPF_CGROUP_DEVICE;
  attr.attach_flags = BPF_F_ALLOW_MULTI | (old ? BPF_F_REPLACE : 0);
  attr.replace_bpf_fd = old ? static_cast<uint32_t>(old.get()) : 0;
  if (bpf(BPF_PROG_ATTACH, attr) == 0) return;
  const int saved = errno;
  throw SysError(
      kStep, "bpf(BPF_PROG_ATTACH)", path, saved,
      saved == EPERM ? "a cgroup above holds a device program that admits no other" : "");
}

}  // namespace slipway
