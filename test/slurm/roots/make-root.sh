#!/usr/bin/env bash
# Makes a root folder of another Debian release with its Slurm, and prints its path; one that is there already is kept.
#
#   make-root.sh RELEASE        (trixie: Slurm 24.11, bullseye: Slurm 20.11)
#
# Roots stay in ${XDG_CACHE_HOME:-~/.cache}/wfc-slurm-roots between runs: remove the folder to make one anew. Packages come
# from the mirror in this machine's own apt sources. Takes some four minutes of CPU and 900 MB.
# Exit status: 0; 3 when this machine cannot have one, with a plain sentence on standard error; 1 when making it failed.
set -euo pipefail
release=$1
roots=${XDG_CACHE_HOME:-$HOME/.cache}/wfc-slurm-roots
root=$roots/$release

# Beside Slurm: what tests call (make, modules), and the C++ library that the copied node needs.
packages=slurm-wlm,slurmdbd,munge,mariadb-server,procps,make,environment-modules,python3-minimal,libstdc++6

cannot() {
  echo "A root of Debian $release cannot be made: $1." >&2
  exit 3
}

[ -e "$root" ] || {
  [ "$(id -u)" -eq 0 ] || cannot 'only root may'
  command -v debootstrap >/dev/null || cannot "debootstrap is not installed (Debian's debootstrap)"
  # One-line sources (`deb [options] URI …`) or stanzas (`URIs: URI`); the first that is Debian's main archive.
  mirror=$({ cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || true; } |
    sed -nE 's/^(deb +(\[[^]]*\] +)?|URIs: +)([a-z]+:[^ ]*\/debian\/?)( .*)?$/\3/p' | head -n 1)
  [ -n "$mirror" ] || cannot "this machine's apt sources name no mirror of Debian"
  mkdir -p "$roots"
  exec 9>"$roots/$release.lock"
  flock 9
  # Whoever waited for the lock finds it made.
  [ -e "$root" ] || {
    # What a killed run left.
    rm -rf --one-file-system "$root.part"
    # Its output is for whoever waits; standard output is for the path alone.
    debootstrap --variant=minbase --include="$packages" "$release" "$root.part" "$mirror" >&2
    rm -rf "$root.part/var/cache/apt/archives"
    # Rename last: a root that is there is whole.
    mv "$root.part" "$root"
  }
}
echo "$root"
