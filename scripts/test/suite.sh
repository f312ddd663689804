# shellcheck shell=bash
# Sourced by the scripts that run the JavaScript test suite: it builds, selects and counts tests.

# tests_built: builds index.js and the suite.
tests_built() {
  [[ -e node_modules/.package-lock.json ]] || npm ci
  npm run --silent build:lib
  npm run --silent build:test
}

# tests_without NAME...: sets files, for the caller, to all test files but those of these names, and prints the names.
# A name is a path below __test__: a folder (project) or a file without its extension (behaviour/lines).
# shellcheck disable=SC2034
tests_without() {
  local name file left all
  mapfile -t all < <(find __test__/build -name '*.test.mjs' | sort)
  files=("${all[@]}")
  for name; do
    left=()
    for file in "${files[@]}"; do
      [[ $file == "__test__/build/$name.test.mjs" || $file == "__test__/build/$name/"* ]] || left+=("$file")
    done
    ((${#left[@]} < ${#files[@]})) || { echo "there are no tests '$name'" >&2 && return 2; }
    files=("${left[@]}")
  done
  echo "not repeated here: the tests of $*"
}

# counted COMMAND...: runs it, adds up what cargo and ava report, and prints `N passed, N failed, N skipped` at the end.
# ava counts a test that skips itself as passed; its log then has a line that gives the reason, which is counted here. A
# line in the form of the last one replaces the count of everything before it: a script printed its own.
counted() {
  local log status=0
  log=$(mktemp)
  "$@" 2>&1 | tee "$log" || status=$?
  awk -v status="$status" '
    /^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ { passed = $1; failed = $3; skipped = $5 }
    /^test result:/ { passed += $4; failed += $6; skipped += $8 }
    /^ +(✔|√) / { passed++ }
    /^ *[0-9]+ (tests?|hooks?|uncaught exceptions?|unhandled rejections?) failed/ { failed += $1 }
    /^ *[0-9]+ tests? skipped/ { skipped += $1 }
    /^ +(ℹ|i) skipped: / { passed--; skipped++ }
    END {
      if (status && !failed) { print "FAILED with exit status " status; failed = 1 }
      if (!passed && !failed) { print "FAILED: no test ran"; failed = 1 }
      printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
      exit failed > 0
    }' "$log" || status=1
  rm -f "$log"
  return "$status"
}
