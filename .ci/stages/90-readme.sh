# SPDX-License-Identifier: Apache-2.0
# The first command that README.md gives for a fresh clone, in one, with an empty
# HOME. The second one, which tests, is that of the stages before.
# limit: 600
set -eu
. .ci/readme-commands.sh
mkdir "$GATE_WORK/home"
git clone --quiet . "$GATE_WORK/clone"
first=$(readme_commands | head -n 1)
cd "$GATE_WORK/clone"
echo "\$ $first"
env -i PATH="$PATH" HOME="$GATE_WORK/home" TERM=dumb bash -c "$first" </dev/null
