#!/usr/bin/env bash
# Runs the Rust tests of the fault table under Valgrind, which finds reads of uninitialised memory and accesses out of
# bounds.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=scripts/toolchain.sh
source scripts/toolchain.sh
apt_install valgrind
program=$(cargo test --no-run --message-format=json 2>/dev/null |
  sed -n 's/.*"profile":{[^}]*"test":true}.*"executable":"\([^"]*\)".*/\1/p' | tail -1)
valgrind --quiet --error-exitcode=9 "$program" fault::table
