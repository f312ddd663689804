#!/usr/bin/env bash
# The suite in each engine, with binaries from npm: engines.sh [ENGINE...] [-- ARGUMENT...], with arguments for ava.
# Engines: node-20, node-22, node-24, node-26, bun, deno. Default: all.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source-path=SCRIPTDIR source=toolchain.sh
source scripts/toolchain.sh

case $(uname -sm) in
  'Linux x86_64') node=x64 bun=x64 deno=x64 ;;
  'Linux aarch64') node=arm64 bun=aarch64 deno=arm64 ;;
  *)
    echo "engines.sh: expected Linux on x64 or arm64, not $(uname -sm)" >&2
    exit 2
    ;;
esac
all=(node-20 node-22 node-24 node-26 bun deno)

# ava_in ENGINE ARGUMENT...
ava_in() {
  local name=$1 command ava=scripts/ava.mjs
  shift
  case $name in
    node-*)
      engine "$name" "node-linux-$node@${name#node-}"
      command=("node-linux-$node/bin/node")
      ava=node_modules/ava/entrypoints/cli.mjs
      ;;
    bun)
      engine bun "@oven/bun-linux-$bun@1"
      command=("@oven/bun-linux-$bun/bin/bun")
      ;;
    deno)
      engine deno "@deno/linux-$deno-glibc@2"
      command=("@deno/linux-$deno-glibc/deno" run -A)
      ;;
    *)
      echo "engines.sh: there is no engine '$name'; expected one of ${all[*]}" >&2
      return 2
      ;;
  esac
  command[0]=$PWD/target/engines/$name/node_modules/${command[0]}
  "${command[@]}" "$ava" "$@"
}

engines=()
while (($#)) && [[ $1 != -- ]]; do engines+=("$1") && shift; done
(($#)) && shift
((${#engines[@]})) || engines=("${all[@]}")

tests_built
summary=() sums=(0 0 0)
for name in "${engines[@]}"; do
  printf '\n--- %s\n' "$name"
  log=$(mktemp)
  counted ava_in "$name" "$@" | tee "$log" || true
  read -r passed _ failed _ skipped _ < <(tail -1 "$log")
  rm -f "$log"
  ((sums[0] += passed, sums[1] += failed, sums[2] += skipped)) || true
  summary+=("$(printf '%-8s %d passed, %d failed, %d skipped' "$name" "$passed" "$failed" "$skipped")")
done
printf '\n'
printf '%s\n' "${summary[@]}"
printf '%d passed, %d failed, %d skipped\n' "${sums[@]}"
((sums[1] == 0))
