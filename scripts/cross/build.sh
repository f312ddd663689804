#!/usr/bin/env bash
# Builds the addon for other systems with the compilers of Debian, each into a file that NAPI_RS_NATIVE_LIBRARY_PATH may
# name. Systems for which nothing here can link are type-checked.
#   build.sh                   all of these
#   build.sh windows           target/cross/memmap.win32-x64-msvc.node
#   build.sh arm64             target/cross/memmap.linux-arm64-gnu.node
#   build.sh musl              target/cross/memmap.linux-x64-musl.node
#   build.sh check [TARGET...] the crate and its tests, by default for macOS and for Windows with Microsoft's tools
# The profile is the one that is released. CROSS_PROFILE=quick takes less time to build, for tests, and writes into
# target/cross/tests. What is published is built by ci.yml, with the cross compilers of `napi build` (one is
# cargo-zigbuild). Here these would spare nothing: the tests compile C, for which Debian's compilers are needed anyway.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=scripts/toolchain.sh
source scripts/toolchain.sh

# All targets share a folder, so that procedural macros and build scripts, which run on this machine, are built once.
export CARGO_TARGET_DIR=$PWD/target/cross
profile=${CROSS_PROFILE:-release}
built=$CARGO_TARGET_DIR
[[ $profile == release ]] || built+=/tests

# build TARGET FILE NAME [ARGUMENT...]
build() {
  local target=$1 file=$2 name=$3
  shift 3
  "${cargo[@]}" build --profile "$profile" --lib --target "$target" "${build_std[@]}" "$@"
  # `install` makes a new file; a write into the old one would change the code of a running process that has mapped it.
  cmp --quiet "$CARGO_TARGET_DIR/$target/$profile/$file" "$built/$name" ||
    install -D "$CARGO_TARGET_DIR/$target/$profile/$file" "$built/$name"
}

windows() {
  apt_install gcc gcc-mingw-w64-x86-64-win32 libc6-dev
  rust_for x86_64-pc-windows-gnu
  # The crate napi-build demands a libnode to link with; with the feature dyn-symbols nothing is taken from it.
  local libnode=$CARGO_TARGET_DIR/libnode tmp=$CARGO_TARGET_DIR/tmp
  # mingw's dlltool leaves its temporary files behind: they go into a folder that is removed.
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
  # Rust's std needs the unwinder, libgcc_s.so.1. Debian has none for musl, but each musl system has one with the same
  # functions, so glibc's is linked with; it is alone in a folder, for nothing else of glibc's may be found.
  local libgcc=$CARGO_TARGET_DIR/libgcc
  mkdir -p "$libgcc"
  ln -sf "$(gcc -print-file-name=libgcc_s.so.1)" "$libgcc"
  printf '#!/bin/sh\nexec musl-gcc "-L%s" "$@"\n' "$libgcc" >"$libgcc/linker"
  chmod +x "$libgcc/linker"
  # Rust links musl statically by default, and a static C library allows no cdylib.
  CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_LINKER=$libgcc/linker \
    CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_RUSTFLAGS='-Ctarget-feature=-crt-static' \
    build x86_64-unknown-linux-musl libmemmap.so memmap.linux-x64-musl.node
}

check() {
  (($#)) || set -- x86_64-pc-windows-msvc aarch64-apple-darwin
  local target targets=()
  rust_for "$@"
  for target; do targets+=(--target "$target" --config "target.$target.rustflags = ['-Dwarnings']"); done
  # One command for all targets: cargo then builds their standard libraries in parallel.
  "${cargo[@]}" check --all-targets "${targets[@]}" "${build_std[@]}"
}

# step NAME [ARGUMENT...]: runs one of the functions above; when it fails, the others still run.
step() {
  # In a process of its own, since `set -e` does not hold in a function that is called within an `if`.
  if scripts/cross/build.sh "$@"; then passed+=("$*"); else failed+=("$*"); fi
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
    sed -n '2,11s/^# //p' scripts/cross/build.sh >&2
    exit 2
    ;;
esac
