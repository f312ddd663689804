#!/usr/bin/env bash
# cargo deny, by deny.toml: advisories, licences, duplicates and sources of the crates. audit.sh [CHECK...] runs these
# checks alone; `advisories` needs a connection to GitHub.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

version=0.20.2
tools=$PWD/target/tools/cargo-deny-$version
[[ -x $tools/bin/cargo-deny ]] ||
  CARGO_TARGET_DIR=$tools/build cargo install --quiet --locked --root "$tools" "cargo-deny@$version"
"$tools/bin/cargo-deny" --locked check "$@"
