# SPDX-License-Identifier: Apache-2.0
# The commands that README.md gives for a fresh clone, one a line: to run a
# container, and to run the tests.
readme_commands() {
  awk '/^```sh fresh-clone$/ { inside = 1; next } /^```/ { inside = 0 } inside' README.md
}
