// SPDX-License-Identifier: Apache-2.0
// Memory that is given back is emptied. The supervisor is told the environment of
// every container, and a process that it forks for one of them may be looked into
// there, from its birth to its execve, by who was given CAP_SYS_PTRACE.
#include <malloc.h>
#include <string.h>

#include <cstdlib>
#include <new>

// All other forms of the C++ library end in these, but those for more than common
// alignment.
void* operator new(std::size_t size) {
  void* memory = malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void operator delete(void* memory) noexcept {
  if (memory == nullptr) return;
  explicit_bzero(memory, malloc_usable_size(memory));
  free(memory);
}

void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }
