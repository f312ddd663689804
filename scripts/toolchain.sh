# shellcheck shell=bash
# Sourced by the scripts beside it: the Debian packages they need, and a Rust that knows a target.

# apt_install PACKAGE...: installs those that are missing.
apt_install() {
  local package missing=() apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
  for package; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  ((EUID == 0)) || apt=(sudo "${apt[@]}")
  # A source that does not answer must not stop the others: the install says what is missing.
  [[ -n ${apt_updated-} ]] || "${apt[@]}" update || true
  apt_updated=1
  echo "installing ${missing[*]}" >&2
  "${apt[@]}" install -y --no-install-recommends "${missing[@]}" </dev/null >/dev/null
}

# rust_for TARGET: sets cargo (the command) and build_std (arguments of its build and check) for the caller.
# shellcheck disable=SC2034
rust_for() {
  if rustup_has "$1"; then
    cargo=(cargo)
    build_std=()
  else
    # Called by path, beside rustup's. Its package brings the library's source, which only a bootstrap compiler builds.
    apt_install rustc-web cargo-web rust-web-src
    cargo=(env RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc /usr/bin/cargo)
    build_std=('-Zbuild-std=std,panic_unwind')
  fi
}

# RUSTUP_AUTO_INSTALL=0 is rustup's own way to say that it is to download nothing unasked.
rustup_has() {
  command -v rustup >/dev/null || return
  [[ $'\n'$(rustup target list --installed 2>/dev/null)$'\n' == *$'\n'"$1"$'\n'* ]] && return
  [[ ${RUSTUP_AUTO_INSTALL-} != 0 ]] && rustup target add "$1" >&2
}
