#!/usr/bin/env bash
# Ends one test cluster for good, whatever became of the process that started it.
#
#   reap.sh FOLDER [CGROUP...]        (CGROUP: folders under /sys/fs/cgroup to remove, too)
#
# It waits until its standard input closes: stop() closes it, and so does the kernel when the owner exits, is interrupted
# or is killed. Then it kills every process of the cluster and removes the folder. Exit status: 1 when a process survived.
set -u
folder=$1
shift

# The test runner may carry the cluster's SLURM_CONF itself: never kill this script or an ancestor.
spared=" $$ "
pid=$PPID
while [ "$pid" -gt 1 ]; do
  spared+="$pid "
  pid=$(ps -o ppid= -p "$pid" | tr -d ' ')
  pid=${pid:-0}
done

# Prints the live processes of the cluster: those with its SLURM_CONF in their environment (the daemons, the clients, all
# jobs), slurmstepd, which overwrites its environment but keeps the node's log open, and all that descend from them.
members() {
  local roots
  roots=$(
    grep -lzxF -- "SLURM_CONF=$folder/slurm.conf" /proc/[0-9]*/environ 2>/dev/null
    find /proc/[0-9]*/fd -maxdepth 1 -lname "$folder/log/*" 2>/dev/null
  )
  roots=$(cut -d/ -f3 <<<"$roots" | sort -u | tr '\n' ' ')
  ps -eo pid=,ppid=,stat= | awk -v roots="$roots" -v spared="$spared" '
    BEGIN { split(roots, list, " "); for (i in list) member[list[i]] = 1
            split(spared, list, " "); for (i in list) safe[list[i]] = 1 }
    $3 !~ /^Z/ { parent[$1] = $2 }
    END {
      do {
        grown = 0
        for (pid in parent) if (!(pid in member) && (parent[pid] in member) && !(parent[pid] in safe)) { member[pid] = 1; grown = 1 }
      } while (grown)
      for (pid in member) if ((pid in parent) && !(pid in safe)) print pid
    }'
}

cat >/dev/null

# Rounds, because a process may fork between the listing and the kill.
for ((round = 0; round < 100; round++)); do
  mapfile -t alive < <(members)
  [ "${#alive[@]}" -eq 0 ] && break
  kill -KILL "${alive[@]}" 2>/dev/null
  sleep 0.03
done

for cgroup in "$@"; do
  # A killed process leaves its cgroup a moment after it has died.
  for ((round = 0; round < 100; round++)); do
    find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null
    [ -d "$cgroup" ] || break
    sleep 0.03
  done
done
rm -rf -- "$folder"

[ "${#alive[@]}" -eq 0 ] || { echo "still alive: ${alive[*]}"; exit 1; }
