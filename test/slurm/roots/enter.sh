#!/usr/bin/env bash
# Runs a command inside a root of make-root.sh, in this clone, which is there under its own path.
#
#   enter.sh ROOT TMP COMMAND [ARGUMENT...]        (TMP: a folder that is the root's /tmp)
#
# The root sees this machine's /dev, /sys and network, and this node. All its processes end with the command. Exit status:
# that of the command.
set -euo pipefail
root=$1 tmp=$2
shift 2
clone=$(cd "$(dirname "$0")/../../.." && pwd -P)
# By rename: a copy that runs cannot be written to.
install -D "$(node -p process.execPath)" "$root/usr/local/bin/node.$$"
mv "$root/usr/local/bin/node.$$" "$root/usr/local/bin/node"
# The name of this machine, and `localhost`.
cp /etc/hosts "$root/etc/hosts"

# In namespaces of their own, mounts and processes are gone when the first process ends, however it does.
export root tmp clone
# shellcheck disable=SC2016 # Read by the bash inside.
exec unshare --mount --propagation private --pid --fork --kill-child bash -euc '
  mount -t proc proc "$root/proc"
  mount --rbind /sys "$root/sys"
  mount --rbind /dev "$root/dev"
  mount --bind "$tmp" "$root/tmp"
  # Not before, as the clone may lie in /tmp.
  mkdir -p "$root/$clone"
  mount --bind "$clone" "$root/$clone"
  exec chroot "$root" bash -c "cd \"\$clone\" && exec \"\$@\"" bash "$@"
' bash "$@"
