// SPDX-License-Identifier: Apache-2.0
// System calls without the C library: they answer -errno and touch no memory but
// what they are given, so that a process may make them which shares its memory,
// and with it the one `errno`, with another (clone(2), CLONE_VM).
#pragma once

#include <sys/syscall.h>

#include <type_traits>

#if !defined(__x86_64__) && !defined(__aarch64__)
#error "written for x86_64 and aarch64"
#endif

namespace slipway::raw {

inline long call6(long number, long a, long b, long c, long d, long e, long f) {
#if defined(__x86_64__)
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  asm volatile("syscall"
               : "+a"(number)
               : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return number;
#else
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  register long x3 asm("x3") = d;
  register long x4 asm("x4") = e;
  register long x5 asm("x5") = f;
  asm volatile("svc 0"
               : "+r"(x0)
               : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
               : "memory");
  return x0;
#endif
}

// Integers and pointers as the kernel takes them.
template <class T>
long word(T value) {
  if constexpr (std::is_pointer_v<T>) {
    return reinterpret_cast<long>(value);
  } else if constexpr (std::is_null_pointer_v<T>) {
    return 0;
  } else {
    return static_cast<long>(value);
  }
}

template <class A = long, class B = long, class C = long, class D = long, class E = long>
long call(long number, A a = {}, B b = {}, C c = {}, D d = {}, E e = {}) {
  return call6(number, word(a), word(b), word(c), word(d), word(e), 0);
}

}  // namespace slipway::raw
