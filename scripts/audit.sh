#!/usr/bin/env bash
# cargo deny: advisories, licences, doubles and sources of the crates, by deny.toml. audit.sh [CHECK...] runs some alone:
# that of advisories needs GitHub.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=0.20.2
tools=$PWD/target/tools/cargo-deny-$version
[[ -x $tools/bin/cargo-deny ]] ||
  CARGO_TARGET_DIR=$tools/build cargo install --quiet --locked --root "$tools" "cargo-deny@$version"
"$tools/bin/cargo-deny" --locked check "$@"
