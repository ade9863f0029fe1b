#!/usr/bin/env bash
# Installs the Debian packages that the tests run against, when they are missing and this user may: root, or sudo without
# a password. Otherwise says which tests will be skipped. Exit status: 0, but 1 where CI is 'true' and something is missing.
set -euo pipefail

# Slurm, its accounting and its authentication; the engines that scripts are compared with; what checks bash (`npm run
# lint`, too); what the examples call and samples are measured with; what draws graphs, the browser that shows reports, and the shells that complete; what a slow file system and one that lags are made of.
packages=(slurm-wlm slurmdbd mariadb-server munge ninja-build make shellcheck shfmt snakemake r-base-core environment-modules
  git graphviz chromium zsh fish gcc libc6-dev fuse3 libfuse3-dev bindfs python3-numpy python3-pandas python3-scipy)

# Sets `missing` to the packages that are not installed. One dpkg-query for all: it exits 1 when it does not know one.
find_missing() {
  local installed=' ' package status
  if command -v dpkg-query >/dev/null; then
    while IFS=$'\t' read -r package status; do
      [ "$status" = installed ] && installed+="$package "
    done < <(dpkg-query -W -f '${Package}\t${db:Status-Status}\n' "${packages[@]}" 2>/dev/null || true)
  fi
  missing=()
  for package in "${packages[@]}"; do
    [[ $installed == *" $package "* ]] || missing+=("$package")
  done
}

# Runs a command as root.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}

# Package scripts ask this file before they start a service; 101 means "no". The tests start their own daemons.
policy=/usr/sbin/policy-rc.d
own_policy=no

remove_policy() {
  if [ "$own_policy" = yes ]; then as_root rm -f "$policy"; fi
}

install_missing() {
  trap remove_policy EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  # A policy that is there already, as in many containers, stays as it is.
  if [ ! -e "$policy" ]; then
    own_policy=yes
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
  fi
  # A list that cannot be refreshed may still do.
  as_root apt-get update || true
  # Together first; then one by one, so that a package this release lacks does not keep the others out.
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" && return
  local package
  for package in "${missing[@]}"; do
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$package" || true
  done
}

find_missing
if [ "${#missing[@]}" -gt 0 ] && command -v apt-get >/dev/null; then
  if [ "$(id -u)" -eq 0 ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }; then
    install_missing
    find_missing
  fi
fi

if [ "${#missing[@]}" -gt 0 ]; then
  echo "These Debian packages are missing, so the tests that need them will be skipped: ${missing[*]}."
  if [ "${CI:-}" = true ]; then exit 1; fi
fi
