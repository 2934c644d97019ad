// SPDX-License-Identifier: Apache-2.0
// clone3 for a child that shares the parent's memory until it executes. libc
// has no wrapper, and the child must not return on the parent's stack.
#define _GNU_SOURCE
#include "limit.h"

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/syscall.h>

enum { STACK_BYTES = 256 * 1024 };
static char child_stack[STACK_BYTES] __attribute__((aligned(64)));

static long enter_child(struct clone_args* args, int (*entry)(void*), void* arg) {
#if defined(__x86_64__)
  long result;
  register int (*function)(void*) __asm__("r12") = entry;
  register void* data __asm__("r13") = arg;
  __asm__ volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xor %%ebp, %%ebp\n\t"
      "mov %%r13, %%rdi\n\t"
      "call *%%r12\n\t"
      "mov %%eax, %%edi\n\t"
      "mov %[exit], %%eax\n\t"
      "syscall\n"
      "1:"
      : "=a"(result)
      : "a"((long)SYS_clone3), "D"(args), "S"(sizeof *args), "r"(function),
        "r"(data), [exit] "i"(SYS_exit)
      : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long result __asm__("x0") = (long)args;
  register long size __asm__("x1") = sizeof *args;
  register long number __asm__("x8") = SYS_clone3;
  register int (*function)(void*) __asm__("x19") = entry;
  register void* data __asm__("x20") = arg;
  __asm__ volatile(
      "svc #0\n\t"
      "cbnz x0, 1f\n\t"
      "mov x29, xzr\n\t"
      "mov x0, x20\n\t"
      "blr x19\n\t"
      "mov x8, %[exit]\n\t"
      "svc #0\n"
      "1:"
      : "+r"(result)
      : "r"(size), "r"(number), "r"(function), "r"(data), [exit] "i"(SYS_exit)
      : "memory");
  return result;
#else
#error "clone_sharing_memory is written for x86_64 and aarch64"
#endif
}

pid_t clone_sharing_memory(uint64_t flags, int cgroup_fd, int* pidfd, int (*entry)(void*),
                           void* arg) {
  struct clone_args args = {
      .flags =
          flags | CLONE_VM | CLONE_VFORK | CLONE_PIDFD | (cgroup_fd >= 0 ? CLONE_INTO_CGROUP : 0),
      .pidfd = (uint64_t)(uintptr_t)pidfd,
      .exit_signal = SIGCHLD,
      .stack = (uint64_t)(uintptr_t)child_stack,
      .stack_size = STACK_BYTES,
      .cgroup = cgroup_fd >= 0 ? (uint64_t)cgroup_fd : 0,
  };
  const long result = enter_child(&args, entry, arg);
  if (result >= 0) return (pid_t)result;
  errno = (int)-result;
  return -1;
}
