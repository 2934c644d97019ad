#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Takes away what stages made outside of their own folders.
set -u
if [ -f "$GATE_WORK/user" ]; then
  name=$(cat "$GATE_WORK/user")
  # Only our own: the account was made by the gate.
  pids=$(ps -o pid= -u "$name")
  [ -z "$pids" ] || kill -KILL $pids 2>/dev/null
  userdel --remove "$name" 2>/dev/null
fi
exit 0
