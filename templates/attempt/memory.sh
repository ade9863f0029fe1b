# The memory that attempts take, and whether it was too much. Expects _wfc_oom_alone: 1 where no two attempts run at a time,
# else 0; _wfc_lane_pid and _wfc_lane_peak, by lane.
# shellcheck shell=bash disable=SC2004,SC2034,SC2154

# The most memory that the task in lane $1 was seen to take, in MiB, in _wfc_lane_peak: what all its processes take now, or
# the most that any one of them ever took. They are found from parent to child, and no process is started for that.
_wfc_measure() {
  local process thread text IFS=' ' sum=0 most=0
  local -a processes=("${_wfc_lane_pid[$1]}") threads children _wfc_preloaded
  _wfc_find_preloaded "$_wfc_scratch.$1"
  processes+=("${_wfc_preloaded[@]}")
  # It grows on the way.
  for ((process = 0; process < ${#processes[@]}; process++)); do
    text=
    IFS= read -r -d '' text <"/proc/${processes[process]}/status"
    # Not so one that has ended and is not waited for yet.
    [[ $text =~ VmHWM:[[:blank:]]*([0-9]+).*VmRSS:[[:blank:]]*([0-9]+).*Threads:[[:blank:]]*([0-9]+) ]] || continue
    ((BASH_REMATCH[1] <= most)) || most=${BASH_REMATCH[1]}
    sum=$((sum + BASH_REMATCH[2]))
    # A child belongs to the thread that started it.
    threads=("/proc/${processes[process]}/task/${processes[process]}/children")
    if ((BASH_REMATCH[3] > 1)); then
      set +f
      threads=("/proc/${processes[process]}/task"/*/children)
      set -f
    fi
    for thread in "${threads[@]}"; do
      children=()
      read -r -a children <"$thread"
      processes+=("${children[@]}")
    done
  done 2>/dev/null
  most=$((((most > sum ? most : sum) + 1023) / 1024))
  ((most <= ${_wfc_lane_peak[$1]:-0})) || _wfc_lane_peak[$1]=$most
}

# The kernel counts the processes that it killed for want of memory in the job's cgroup; without one, nobody can tell.
_wfc_find_oom_counter() {
  local controllers path
  _wfc_oom_file=
  while IFS=: read -r _ controllers path; do
    case ,$controllers, in
      *,memory,*) path=/sys/fs/cgroup/memory$path/memory.oom_control ;;
      ,,) path=/sys/fs/cgroup$path/memory.events ;;
      *) continue ;;
    esac
    [[ ! -r $path ]] || _wfc_oom_file=$path
  done 2>/dev/null </proc/self/cgroup
  _wfc_count_oom
  _wfc_oom_seen=$_wfc_oom_kills _wfc_oom_last=$_wfc_oom_kills
}

_wfc_count_oom() {
  _wfc_oom_lines=()
  # In one go: of a file, `mapfile` reads more than a character a time.
  [[ -z $_wfc_oom_file ]] || mapfile -t _wfc_oom_lines <"$_wfc_oom_file"
  _wfc_read_oom_kills
}

_wfc_read_oom_kills() {
  local text IFS=' '
  text="${_wfc_oom_lines[*]} " _wfc_oom_kills=0
  # `oom_kill COUNT` among others.
  [[ $text != *'oom_kill '* ]] || text=${text##*oom_kill } _wfc_oom_kills=${text%%[!0-9]*}
}

# An attempt is about to start. Where no other can run beside it, all that is counted from here on is its own. What the
# counter says is read where one fails.
_wfc_note_oom() {
  [[ -n ${_wfc_oom_file+found} ]] || _wfc_find_oom_counter
  [[ $_wfc_oom_alone != 1 || -z $_wfc_oom_file ]] || mapfile -t _wfc_oom_lines <"$_wfc_oom_file"
}

# Now and then while tasks share the counter: what was counted before the last look but one is of nobody who ends now.
_wfc_sample_oom() {
  _wfc_oom_seen=${_wfc_oom_last:-$_wfc_oom_seen}
  _wfc_count_oom
  _wfc_oom_last=$_wfc_oom_kills
}

# Whether the attempt that has just ended with status $1 ran out of memory. Never a guess: of one that ran alone every kill
# is its own, also where only a process that it started was killed and it failed with a status of its own; of several at a
# time only the one that was killed itself, just when the counter grew.
_wfc_was_out_of_memory() {
  local before
  (($1 == 137 || _wfc_oom_alone)) || return 1
  if ((_wfc_oom_alone)); then
    _wfc_read_oom_kills
    _wfc_oom_seen=$_wfc_oom_kills
  fi
  before=$_wfc_oom_seen
  _wfc_count_oom
  _wfc_oom_seen=$_wfc_oom_kills _wfc_oom_last=$_wfc_oom_kills
  ((_wfc_oom_kills > before))
}
