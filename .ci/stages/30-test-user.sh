# SPDX-License-Identifier: Apache-2.0
# The commands of README.md by an ordinary user with subordinate ids, in a checkout
# with nothing built and an empty HOME: what needs root or a cgroup is skipped,
# containers are not.
# limit: 900
set -euo pipefail
. .ci/readme-commands.sh
name=slipway-gate
useradd --create-home --shell /bin/sh "$name"
echo "$name" >"$GATE_WORK/user"
home=$(getent passwd "$name" | cut -d: -f6)
grep -q "^$name:" /etc/subuid || usermod --add-subuids 300000-365535 --add-subgids 300000-365535 "$name"

checkout=$home/slipway
mkdir "$checkout" "$home/tmp"
git ls-files -z --cached --others --exclude-standard |
  tar --null --files-from=- --ignore-failed-read -c | tar -x -C "$checkout"
chown -R "$name:" "$checkout" "$home/tmp"

as_user() {
  setpriv --reuid "$name" --regid "$name" --init-groups --reset-env \
    env -C "$checkout" CI=true HOME="$home" TMPDIR="$home/tmp" PATH="$PATH" "$@"
}

# What README.md does not ask for is not there: the programs and headers of the
# packages that only the gate needs. One mount covers all of /usr, since an ordinary
# user's containers have a folder with mounts below it read-only.
without_extras() {
  local packages='cmake ninja-build libgtest-dev libseccomp-dev' path
  dpkg -L $packages | grep -E '^/usr/(bin|include)/[^/]+$' | while IFS= read -r path; do
    mkdir -p "$GATE_WORK/hidden/$(dirname "${path#/usr/}")"
    mknod "$GATE_WORK/hidden/${path#/usr/}" c 0 0 # to overlayfs: it is deleted
  done
  export -f as_user
  export name checkout home
  unshare --mount bash -euc '
    mount -t overlay hidden -o "lowerdir=$GATE_WORK/hidden:/usr" /usr
    as_user sh -c "! command -v cmake && ! command -v ninja && ! [ -e /usr/include/gtest ]"
    as_user "$@"' without-extras "$@"
}

mapfile -t commands < <(readme_commands)
[ "${#commands[@]}" -eq 2 ]
without_extras bash -c "${commands[0]}"
as_user bash -c "${commands[1]}" | tee "$GATE_WORK/user.log"
as_user npm run test:docs | tee -a "$GATE_WORK/user.log"
if grep -aE 'skipped: needs .*\b(containers|userns)\b' "$GATE_WORK/user.log"; then
  echo 'containers were not run as an ordinary user' >&2
  exit 1
fi
