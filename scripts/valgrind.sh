#!/usr/bin/env bash
# The Rust tests of the fault table under Valgrind: no byte read before it is written, none beyond its memory.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/toolchain.sh
apt_install valgrind
program=$(cargo test --no-run --message-format=json 2>/dev/null |
  sed -n 's/.*"profile":{[^}]*"test":true}.*"executable":"\([^"]*\)".*/\1/p' | tail -1)
valgrind --quiet --error-exitcode=9 "$program" fault::table
