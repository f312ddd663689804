#!/usr/bin/env bash
# The suite in each engine, with binaries from npm: engines.sh [ENGINE...] [-- ARGUMENT...], with arguments for ava.
# Engines: node-20, node-22, node-24, node-26, bun, deno. Default: all. Two run at a time; what one prints is shown when
# it has ended. Tests of the project's own files are left to `npm test`: they find the same in every engine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=scripts/toolchain.sh
source scripts/toolchain.sh
# shellcheck source=scripts/test/suite.sh
source scripts/test/suite.sh

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
  local name=$1 command ava=scripts/test/ava.mjs
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
  # More tests run at once than there are processors, so a child process gets four times as long before it is killed.
  MEMMAP_TEST_PATIENCE=4 "${command[@]}" "$ava" --timeout=20m "$@"
}

# timed ENGINE ARGUMENT...: runs its tests, counts them, and writes down the seconds that they took.
timed() {
  local status=0
  SECONDS=0
  printf '\n--- %s\n' "$1"
  counted ava_in "$@" || status=$?
  echo "$SECONDS" >"$logs/$1.seconds"
  return "$status"
}

# waited ENGINE: waits until its tests have ended, and shows what they printed.
waited() {
  local name=$1 passed failed skipped
  wait "${running[$name]}" || true
  unset "running[$name]"
  cat "$logs/$name"
  read -r passed _ failed _ skipped _ < <(tail -1 "$logs/$name")
  ((sums[0] += passed, sums[1] += failed, sums[2] += skipped)) || true
  summary+=("$(printf '%-8s %d passed, %d failed, %d skipped, in %d seconds' \
    "$name" "$passed" "$failed" "$skipped" "$(<"$logs/$name.seconds")")")
}

engines=()
while (($#)) && [[ $1 != -- ]]; do engines+=("$1") && shift; done
(($#)) && shift
((${#engines[@]})) || engines=("${all[@]}")

tests_built
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
if [[ "$*" != *.test.mjs* ]]; then
  tests_without project
  set -- "$@" "${files[@]}"
fi

declare -A running=()
summary=() sums=(0 0 0) next=0
for name in "${engines[@]}"; do
  ((${#running[@]} < 2)) || waited "${engines[next++]}"
  timed "$name" "$@" >"$logs/$name" 2>&1 &
  running[$name]=$!
done
for name in "${engines[@]:next}"; do waited "$name"; done
printf '\n'
printf '%s\n' "${summary[@]}"
printf '%d passed, %d failed, %d skipped\n' "${sums[@]}"
((sums[1] == 0))
