// SPDX-License-Identifier: Apache-2.0
// cgroup v2 has no devices files: Docker's device list as one BPF program,
// loaded once and attached to each container's cgroup.
#define _GNU_SOURCE
#include "limit.h"

#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define INSN(code_, dst, src, off_, imm_) \
  ((struct bpf_insn){                     \
      .code = (code_), .dst_reg = (dst), .src_reg = (src), .off = (off_), .imm = (imm_)})
#define LOAD(dst, field) \
  INSN(BPF_LDX | BPF_MEM | BPF_W, dst, BPF_REG_1, offsetof(struct bpf_cgroup_dev_ctx, field), 0)
#define SKIP_UNLESS_EQUAL(reg, value, count) INSN(BPF_JMP | BPF_JNE | BPF_K, reg, 0, count, value)
#define RETURN(value) \
  INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, value), INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
#define ALLOW_CHAR(major, minor) \
  SKIP_UNLESS_EQUAL(BPF_REG_4, major, 3), SKIP_UNLESS_EQUAL(BPF_REG_5, minor, 2), RETURN(1)

int load_device_program(void) {
  const struct bpf_insn program[] = {
      LOAD(BPF_REG_2, access_type),
      LOAD(BPF_REG_4, major),
      LOAD(BPF_REG_5, minor),
      INSN(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_3, BPF_REG_2, 0, 0),
      INSN(BPF_ALU64 | BPF_RSH | BPF_K, BPF_REG_3, 0, 0, 16),
      SKIP_UNLESS_EQUAL(BPF_REG_3, BPF_DEVCG_ACC_MKNOD, 2),
      RETURN(1),
      INSN(BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_2, 0, 0, 0xffff),
      SKIP_UNLESS_EQUAL(BPF_REG_2, BPF_DEVCG_DEV_CHAR, 31),
      ALLOW_CHAR(1, 3),
      ALLOW_CHAR(1, 5),
      ALLOW_CHAR(1, 7),
      ALLOW_CHAR(1, 8),
      ALLOW_CHAR(1, 9),
      ALLOW_CHAR(5, 0),
      ALLOW_CHAR(5, 2),
      SKIP_UNLESS_EQUAL(BPF_REG_4, 136, 2),
      RETURN(1),
      RETURN(0),
  };
  union bpf_attr attr = {
      .prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
      .insns = (uint64_t)(uintptr_t)program,
      .insn_cnt = sizeof program / sizeof *program,
      .license = (uint64_t)(uintptr_t)"Apache-2.0",
  };
  return (int)check(syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof attr), "bpf", "BPF_PROG_LOAD");
}

void attach_device_program(int program, int cgroup_fd) {
  union bpf_attr attr = {
      .target_fd = (uint32_t)cgroup_fd,
      .attach_bpf_fd = (uint32_t)program,
      .attach_type = BPF_CGROUP_DEVICE,
      .attach_flags = BPF_F_ALLOW_MULTI,
  };
  check(syscall(SYS_bpf, BPF_PROG_ATTACH, &attr, sizeof attr), "bpf", "BPF_PROG_ATTACH");
}
