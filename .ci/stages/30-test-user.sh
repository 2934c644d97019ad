# SPDX-License-Identifier: Apache-2.0
# The same tests as an ordinary user with subordinate ids: what needs root or a
# cgroup is skipped, containers are not.
# limit: 900
set -euo pipefail
name=slipway-gate
useradd --create-home --shell /bin/sh "$name"
echo "$name" >"$GATE_WORK/user"
home=$(getent passwd "$name" | cut -d: -f6)
grep -q "^$name:" /etc/subuid || usermod --add-subuids 300000-365535 --add-subgids 300000-365535 "$name"

checkout=$home/slipway
mkdir "$checkout" "$home/tmp"
tar -c --exclude=./build-cmake --exclude=./.git . | tar -x -C "$checkout"
chown -R "$name:" "$checkout" "$home/tmp"

as_user() {
  setpriv --reuid "$name" --regid "$name" --init-groups --reset-env \
    env -C "$checkout" CI=true HOME="$home" TMPDIR="$home/tmp" PATH="$PATH" "$@"
}

as_user npm test | tee "$GATE_WORK/user.log"
as_user npm run test:docs | tee -a "$GATE_WORK/user.log"
if grep -aE 'skipped: needs .*\b(containers|userns)\b' "$GATE_WORK/user.log"; then
  echo 'containers were not run as an ordinary user' >&2
  exit 1
fi
