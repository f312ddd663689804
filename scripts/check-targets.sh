#!/usr/bin/env bash
# Type-checks the crate, its tests too, for systems that this one has no linker for: check-targets.sh [TARGET...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source-path=SCRIPTDIR source=toolchain.sh
source scripts/toolchain.sh

targets=("$@")
((${#targets[@]})) || targets=(
  x86_64-pc-windows-msvc
  aarch64-apple-darwin
  x86_64-unknown-linux-musl
  aarch64-unknown-linux-gnu
)

status=0
summary=()
for target in "${targets[@]}"; do
  rust_for "$target"
  flags="'-Dwarnings'"
  # As the release builds it: a static musl makes no cdylib.
  [[ $target != *-musl ]] || flags+=", '-Ctarget-feature=-crt-static'"
  # A folder for each, so that changing the target or the compiler rebuilds nothing.
  if CARGO_TARGET_DIR=target/check/$target "${cargo[@]}" check --all-targets --target "$target" \
    --config "target.$target.rustflags = [$flags]" "${build_std[@]}"; then
    summary+=("ok      $target")
  else
    summary+=("FAILED  $target")
    status=1
  fi
done
printf '%s\n' "${summary[@]}"
exit "$status"
