#!/usr/bin/env bash
# Builds for other systems, each into a file that NAPI_RS_NATIVE_LIBRARY_PATH may name, and type-checks for those that
# nothing here can link for:
#   cross.sh                  all of it, as released
#   cross.sh windows          target/cross/memmap.win32-x64-msvc.node
#   cross.sh arm64            target/cross/memmap.linux-arm64-gnu.node
#   cross.sh musl             target/cross/memmap.linux-x64-musl.node
#   cross.sh check [TARGET...] the crate and its tests, for macOS and for Windows with Microsoft's tools
# CROSS_PROFILE=quick builds quickly what tests alone load, into target/cross/tests.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source-path=SCRIPTDIR source=toolchain.sh
source scripts/toolchain.sh

# One folder for all: what is built for this machine, macros and build scripts, is built once.
export CARGO_TARGET_DIR=$PWD/target/cross
profile=${CROSS_PROFILE:-release}
built=$CARGO_TARGET_DIR
[[ $profile == release ]] || built+=/tests

# build TARGET FILE NAME [ARGUMENT...]
build() {
  local target=$1 file=$2 name=$3
  shift 3
  "${cargo[@]}" build --profile "$profile" --lib --target "$target" "${build_std[@]}" "$@"
  # A new file, not a write into one that a running process may have mapped.
  cmp --quiet "$CARGO_TARGET_DIR/$target/$profile/$file" "$built/$name" ||
    install -D "$CARGO_TARGET_DIR/$target/$profile/$file" "$built/$name"
}

windows() {
  apt_install gcc gcc-mingw-w64-x86-64-win32 libc6-dev
  rust_for x86_64-pc-windows-gnu
  # napi-build wants a libnode to link with; with dyn-symbols nothing comes from it.
  local libnode=$CARGO_TARGET_DIR/libnode tmp=$CARGO_TARGET_DIR/tmp
  # A folder of our own: mingw's dlltool leaves its temporary files behind.
  rm -rf "$tmp"
  mkdir -p "$libnode" "$tmp"
  if [[ ! -e $libnode/libnode.dll.a ]]; then
    : >"$libnode/libnode.dll"
    x86_64-w64-mingw32-ar crs "$libnode/libnode.dll.a"
  fi
  TMPDIR=$tmp LIBNODE_PATH=$libnode \
    build x86_64-pc-windows-gnu memmap.dll memmap.win32-x64-msvc.node --features dyn-symbols
}

arm64() {
  apt_install gcc libc6-dev gcc-aarch64-linux-gnu libc6-dev-arm64-cross
  rust_for aarch64-unknown-linux-gnu
  CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
    build aarch64-unknown-linux-gnu libmemmap.so memmap.linux-arm64-gnu.node
}

musl() {
  apt_install gcc libc6-dev musl-tools
  rust_for x86_64-unknown-linux-musl
  # Of glibc's folder the unwinder alone: every musl system has one with the same name and functions.
  local libgcc=$CARGO_TARGET_DIR/libgcc
  mkdir -p "$libgcc"
  ln -sf "$(gcc -print-file-name=libgcc_s.so.1)" "$libgcc"
  printf '#!/bin/sh\nexec musl-gcc "-L%s" "$@"\n' "$libgcc" >"$libgcc/linker"
  chmod +x "$libgcc/linker"
  # A static musl makes no cdylib.
  CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_LINKER=$libgcc/linker \
    CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_RUSTFLAGS='-Ctarget-feature=-crt-static' \
    build x86_64-unknown-linux-musl libmemmap.so memmap.linux-x64-musl.node
}

check() {
  (($#)) || set -- x86_64-pc-windows-msvc aarch64-apple-darwin
  local target targets=()
  rust_for "$@"
  for target; do targets+=(--target "$target" --config "target.$target.rustflags = ['-Dwarnings']"); done
  # In one go: two standard libraries are built side by side.
  "${cargo[@]}" check --all-targets "${targets[@]}" "${build_std[@]}"
}

# step NAME [ARGUMENT...]: one of the above, whose failure stops none of the others.
step() {
  # A process of its own: within an `if` a function would go on after a command that failed.
  if "${BASH_SOURCE[0]}" "$@"; then passed+=("$*"); else failed+=("$*"); fi
}

case ${1-} in
  windows | arm64 | musl | check) "$@" ;;
  '')
    passed=() failed=()
    for name in windows arm64 musl; do step "$name"; done
    for target in x86_64-pc-windows-msvc aarch64-apple-darwin; do step check "$target"; done
    ((!${#passed[@]})) || printf 'ok      %s\n' "${passed[@]}"
    ((!${#failed[@]})) || printf 'FAILED  %s\n' "${failed[@]}"
    printf '%d passed, %d failed, 0 skipped\n' "${#passed[@]}" "${#failed[@]}"
    ((!${#failed[@]}))
    ;;
  *)
    sed -n '2,9s/^# //p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac
