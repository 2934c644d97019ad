# SPDX-License-Identifier: Apache-2.0
# What the gate needs of Debian beyond node, npm, python3, make, g++ and git.
# limit: 600
set -eu
export DEBIAN_FRONTEND=noninteractive

# Addresses of mirrors are nobody's business in a log.
quietly() {
  local log
  log=$(mktemp)
  "$@" >"$log" 2>&1 && { rm "$log"; return; }
  sed -E 's#[a-z]+://[^ /]+#(mirror)#g' "$log" >&2
  return 1
}

packages=(
  cmake ninja-build libgtest-dev libseccomp-dev clang-format-19 clang-tidy-19
  busybox-static mmdebstrap uidmap strace acl attr util-linux iproute2 procps
)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok' || missing+=("$package")
done
if [ "${#missing[@]}" -gt 0 ]; then
  quietly apt-get update
  quietly apt-get install -y --no-install-recommends "${missing[@]}"
fi
echo "${#packages[@]} packages are there, ${#missing[@]} of them new"
