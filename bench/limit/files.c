// SPDX-License-Identifier: Apache-2.0
// Writing small files and removing folders.
#define _GNU_SOURCE
#include "limit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

void write_file(const char* path, const char* text) {
  const int fd = (int)check(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644), "open", path);
  check(write(fd, text, strlen(text)), "write", path);
  close(fd);
}

static void remove_entries(int parent, const char* name);

static void remove_entry(int parent, const char* name) {
  if (unlinkat(parent, name, 0) == 0) return;
  if (errno != EISDIR && errno != EPERM) fail("unlink", name);
  if (unlinkat(parent, name, AT_REMOVEDIR) == 0) return;
  if (errno != ENOTEMPTY) fail("rmdir", name);
  remove_entries(parent, name);
  check(unlinkat(parent, name, AT_REMOVEDIR), "rmdir", name);
}

static void remove_entries(int parent, const char* name) {
  const int fd = (int)check(openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
                            "open", name);
  DIR* dir = fdopendir(fd);
  if (!dir) fail("fdopendir", name);
  for (struct dirent* entry; (entry = readdir(dir));) {
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
      remove_entry(fd, entry->d_name);
  }
  closedir(dir);
}

void remove_tree(const char* path) { remove_entry(AT_FDCWD, path); }
