# SPDX-License-Identifier: Apache-2.0
# Sums of the closing lines "N passed, N failed, N skipped".
passed=0 failed=0 skipped=0
problems=()

COUNTS='^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$'

# All counts of a log are added: a stage may run several groups of tests.
add_counts() {
  local name=$1 log=$2 status=$3 p f s seen=0 before=$failed word
  while read -r p word f word s word; do
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s)) seen=1
  done < <(grep -aE "$COUNTS" "$log" | tr -d ',')
  if [ "$status" -ne 0 ]; then
    # A failure that no count tells of is one more.
    [ "$failed" -gt "$before" ] || failed=$((failed + 1))
    problems+=("$name ended with exit code $status")
  elif [ "$failed" -gt "$before" ]; then
    problems+=("$name counted $((failed - before)) failed")
  elif [ "$seen" -eq 0 ]; then
    passed=$((passed + 1))
  fi
}

print_problems() {
  local problem
  printf '\n'
  for problem in "${problems[@]}"; do printf 'gate: %s\n' "$problem"; done
}

# The last line, and the exit code of the gate.
close_counts() {
  printf '%s passed, %s failed, %s skipped\n' "$passed" "$failed" "$skipped"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
