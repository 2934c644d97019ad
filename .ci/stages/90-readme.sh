# SPDX-License-Identifier: Apache-2.0
# The commands that README.md gives for a fresh clone, in one, with an empty HOME.
# limit: 1500
set -eu
commands() {
  awk '/^```sh fresh-clone$/ { inside = 1; next } /^```/ { inside = 0 } inside' README.md
}
mkdir "$GATE_WORK/home"
git clone --quiet . "$GATE_WORK/clone"
cd "$GATE_WORK/clone"
count=0
while IFS= read -r line; do
  echo "\$ $line"
  env -i PATH="$PATH" HOME="$GATE_WORK/home" TERM=dumb bash -c "$line" </dev/null
  count=$((count + 1))
done < <(commands)
[ "$count" -eq 2 ]
