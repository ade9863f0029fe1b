# While a command runs: the clock, its limit, and stopping it. Expects _wfc_stop (why all is to stop, else ''), and
# _wfc_grace_seconds, what a task then has to end in its own way. By lane: _wfc_lane_pid (the leader of its process group),
# _wfc_lane_began (of the clock), _wfc_lane_limit (seconds; '': none), _wfc_lane_stop (why it was told to stop, else ''),
# _wfc_lane_kill (when it is killed, of the clock; '': not), _wfc_lane_file (where it writes), and those of checkpoint.sh.
# shellcheck shell=bash disable=SC2004,SC2034,SC2154

# Microseconds, in _wfc_us: only differences count; and seconds since 1970, in _wfc_seconds. Bash 5 has clocks of its own.
if [[ -n ${EPOCHREALTIME-} ]]; then
  _wfc_clock() { _wfc_us=${EPOCHREALTIME/[!0-9]/}; }
  _wfc_date() { _wfc_seconds=$EPOCHSECONDS; }
else
  _wfc_date() { printf -v _wfc_seconds '%(%s)T' -1; }
  _wfc_clock() {
    read -r _wfc_us _ </proc/uptime
    _wfc_us=$((10#${_wfc_us/./} * 10000))
  }
fi

# The attempt in lane $1 has just ended: the seconds that it took, in _wfc_lane_took.
_wfc_take_time() {
  _wfc_clock
  local took=$((_wfc_us - _wfc_lane_began[$1]))
  printf -v "_wfc_lane_took[$1]" '%d.%03d' $((took / 1000000)) $((took / 1000 % 1000))
}

# What is due, by _wfc_us, for the attempt in lane $1.
_wfc_look_after() {
  if [[ -n $_wfc_stop && -z ${_wfc_lane_stop[$1]} ]]; then
    _wfc_interrupt_task "$1"
  elif [[ -z ${_wfc_lane_stop[$1]} && -n ${_wfc_lane_limit[$1]} ]] &&
    ((_wfc_us - _wfc_lane_began[$1] > _wfc_lane_limit[$1] * 1000000)); then
    printf 'wfc: time limit of %s s reached\n' "${_wfc_lane_limit[$1]}" >>"${_wfc_lane_file[$1]}"
    _wfc_stop_task "$1" 'time limit' 10 TERM
  elif [[ -n ${_wfc_lane_warn[$1]} && -z ${_wfc_lane_stop[$1]} ]] && ((_wfc_us > _wfc_lane_warn[$1])); then
    _wfc_warn_task "$1"
  elif [[ -n ${_wfc_lane_kill[$1]} ]] && ((_wfc_us > _wfc_lane_kill[$1])); then
    _wfc_signal "$1" KILL
  fi
  # A task that takes long gets its log now, so that one can follow it.
  ((_wfc_us - _wfc_lane_began[$1] <= 1000000)) || _wfc_show_log "$1"
}

# Tells the task in lane $1 to stop, for reason $2, by the signal $4, and has it killed where it still runs in $3 seconds.
_wfc_stop_task() {
  _wfc_lane_stop[$1]=$2
  _wfc_lane_kill[$1]=$((_wfc_us + $3 * 1000000))
  _wfc_signal "$1" "$4"
}

# All stops, and so the task in lane $1: one with a checkpoint has the time to save that it asks for.
_wfc_interrupt_task() {
  local seconds=${_wfc_lane_patience[$1]:-0}
  ((seconds > _wfc_grace_seconds)) || seconds=$_wfc_grace_seconds
  # Slurm kills what it cancels or preempts after KillWait, 30 s by itself; the record is to be written before.
  [[ $_wfc_stop != cancelled ]] || ((seconds <= 20)) || seconds=20
  _wfc_stop_task "$1" interrupted "$seconds" "${_wfc_lane_signal[$1]:-TERM}"
}

# All processes of the task in lane $1: a suspended one hears a signal only when it goes on.
_wfc_signal() {
  kill "-$2" -- "-${_wfc_lane_pid[$1]}" 2>/dev/null
  kill -CONT -- "-${_wfc_lane_pid[$1]}" 2>/dev/null
}

# Why all tasks stop, as a code, in _wfc_stop_cause. Slurm ends what it preempts by the same signal as what is cancelled:
# only its accounts can tell those apart, and who reads the code asks them.
_wfc_find_stop_cause() {
  case $_wfc_stop in
    limit) _wfc_stop_cause=job_limit ;;
    cancelled) _wfc_stop_cause=cancelled ;;
    *) _wfc_stop_cause=interrupted ;;
  esac
  [[ -n $_wfc_slurm_id ]] || _wfc_stop_cause=interrupted
}
