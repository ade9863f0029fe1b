# Runs one task for make, in the spec's folder: task.sh [-s] RULE FINGERPRINT LIST V1 V2 …
# The fields are those of a row of Slurm's task tables, as the functions of rules.sh take them. -s: its outputs have
# stand-ins (see the head of tasks.mk). From make.sh: wfc_journal, the journal that tasks append to.
#
# Names: `wfc_…` are the variables of commands, `_wfc_…` what this file keeps for itself.
# shellcheck shell=bash disable=SC2004,SC2034,SC2154,SC2317

_wfc_main() {
  _wfc_stand_ins=
  [[ $1 != -s ]] || { _wfc_stand_ins=yes && shift; }
  _wfc_rule=$1 _wfc_fingerprint=$2 _wfc_list=$3
  shift 3
  _wfc_values=("$@")
  # No set -u: bash 4.3 takes an empty array for an unset one. No globbing but where it is asked for.
  set +eu -f
  unset TMOUT
  wfc_artifacts=${BASH_SOURCE[0]%/*}
  declare -g -A _wfc_state=() _wfc_is_directory=() _wfc_is_summed=() _wfc_code_state=() _wfc_code_digest=() _wfc_uses_log=()
  # Bytes, not characters, and a point in decimals; the command gets its own locale back.
  _wfc_had_locale=${LC_ALL+yes} _wfc_locale=${LC_ALL-}
  export LC_ALL=C
  [[ ${MAKEFLAGS%% *} != -* && ${MAKEFLAGS%% *} == *s* ]] && _wfc_silent=yes
  # With -j others may run beside it, of this make's: -j and its jobserver stand in MAKEFLAGS.
  _wfc_oom_alone=1
  [[ " $MAKEFLAGS" != *' -j'* && $MAKEFLAGS != *--jobserver* ]] || _wfc_oom_alone=0
  _wfc_journal=${wfc_journal-} _wfc_run=${wfc_journal:-make} _wfc_slurm_id='' _wfc_scratch=.wfc/make-run/$$ _wfc_grace_seconds=10
  # A command that calls make itself must not take part in this one.
  unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES MAKE_TERMOUT MAKE_TERMERR wfc_journal wfc_task
  # shellcheck source=/dev/null
  source "$wfc_artifacts/rules.sh" && _wfc_read_paths || exit 1
  _wfc_read_settings
  _wfc_name=${wfc_outputs[0]} _wfc_tries=0 _wfc_stop='' _wfc_outcome=''
  [[ -n ${_wfc_silent-} ]] || printf '%s: %s\n' "$_wfc_rule" "$_wfc_name"
  trap '_wfc_interrupt' INT TERM HUP
  while _wfc_tries=$((_wfc_tries + 1)) && ! _wfc_attempt; do
    if [[ -n $_wfc_stop ]]; then exit 130; fi
    [[ $_wfc_outcome != continued ]] || { _wfc_tries=$((_wfc_tries - 1)) && continue; }
    ((_wfc_tries > 0 && _wfc_tries <= wfc_retries)) || exit 1
  done
  exit 0
}

# At once, and once only: a second signal may end a command the hard way.
_wfc_interrupt() {
  _wfc_stop=interrupted
  [[ -n ${_wfc_lane_pid[0]-} ]] || return 0
  if [[ -z ${_wfc_lane_stop[0]} ]]; then
    _wfc_clock
    _wfc_interrupt_task 0
  else
    _wfc_signal 0 TERM
  fi
}

_wfc_say() {
  printf 'wfc: %s\n' "$*" >&2
}

# Tasks of the same make share a journal.
_wfc_log_event() {
  [[ -n $_wfc_journal ]] || return 0
  [[ -d .wfc/journal ]] || command mkdir -p .wfc/journal
  # Who begins it says where; that two of them do, does no harm.
  [[ -e $_wfc_journal ]] || printf 'run\t%s\t%(%s)T\t%s\t\t.\n' "$_wfc_journal_version" -1 "${HOSTNAME//[!A-Za-z0-9._-]/_}" >>"$_wfc_journal"
  _wfc_append "$@"
}

# Each line is written at once.
_wfc_write_events() { :; }

# --- one attempt ---

_wfc_attempt() {
  local _wfc_path _wfc_k
  _wfc_look "${wfc_inputs[@]}"
  for _wfc_k in "${!wfc_inputs[@]}"; do
    _wfc_path=${wfc_inputs[_wfc_k]}
    [[ -z ${_wfc_state[$_wfc_path]} ]] || continue
    _wfc_problem=source_missing:$_wfc_path
    [[ -z ${wfc_from[_wfc_k]} ]] || _wfc_problem=input_missing:$_wfc_path
    _wfc_give_up "$_wfc_problem"
    return 1
  done
  # Make starts processes on one node.
  if ((wfc_nodes > 1)); then
    _wfc_give_up "needs_nodes:$wfc_nodes"
    return 1
  fi
  if ! _wfc_make_room; then
    _wfc_give_up "$_wfc_problem"
    return 1
  fi
  # If all ends here and now, the next make knows by this file what is half-done.
  printf '%s\n' "${wfc_outputs[@]}" >"$_wfc_scratch.task" || {
    _wfc_give_up "cannot_write:$_wfc_scratch.task"
    return 1
  }
  # A log of the user's may lie on another file system, where nothing can be moved to.
  _wfc_path=$_wfc_scratch.log
  [[ $wfc_log == .wfc/* ]] || _wfc_path=
  _wfc_begin_attempt 0 "$_wfc_tries" "$_wfc_path"
  exec {_wfc_pipe}< <(_wfc_watch_command)
  _wfc_watcher=$!
  read -r -u "$_wfc_pipe" "_wfc_lane_pid[0]"
  _wfc_log_started 0
  # It came before there was anything to stop.
  [[ -z $_wfc_stop || -n ${_wfc_lane_stop[0]} ]] || _wfc_interrupt
  _wfc_await
  exec {_wfc_pipe}<&-
  _wfc_take_time 0
  _wfc_lane_pid=()
  _wfc_judge_attempt 0 "$_wfc_status"
  _wfc_list_scratch
  if [[ $_wfc_outcome != "done" ]]; then
    _wfc_record_attempt 0 "${_wfc_scratch_files[@]}"
    return 1
  fi
  _wfc_renew
  _wfc_write_stand_ins
  _wfc_record_attempt 0
  _wfc_find_marker "$_wfc_name"
  command rm -f -- "${_wfc_scratch_files[@]}" ${_wfc_marker:+"$_wfc_marker"}
}

# It failed before its command could start: no attempt is left.
_wfc_give_up() {
  _wfc_refuse "$1"
  _wfc_tries=-1 _wfc_outcome=failed
}

# Starts the command in a process group of its own, so that all that it starts can be stopped; tells the group and then
# the exit status. A signal to make's own group must not end this process before the command has ended.
_wfc_watch_command() {
  local _wfc_again
  trap ':' INT TERM HUP
  set -m
  {
    trap - INT HUP
    _wfc_run_command "${_wfc_lane_attempt[0]}"
  } </dev/null >>"${_wfc_lane_file[0]}" 2>&1 &
  set +m
  echo "$!"
  wait "$!"
  _wfc_status=$?
  while kill -0 "$!" 2>/dev/null; do
    wait "$!"
    _wfc_again=$?
    ((_wfc_again != 127)) || break
    _wfc_status=$_wfc_again
  done
  # What a task leaves running must not write to its outputs any more.
  kill -KILL -- "-$!" 2>/dev/null
  echo "$_wfc_status"
  return "$_wfc_status"
} 2>/dev/null

# Until the command has ended, whose status is then in _wfc_status: a second at a time, or until its limit.
_wfc_await() {
  local left part
  _wfc_status=
  while :; do
    _wfc_clock
    left=1000000
    if [[ -n $wfc_time_seconds && -z ${_wfc_lane_stop[0]} ]]; then
      left=$((_wfc_lane_began[0] + wfc_time_seconds * 1000000 - _wfc_us))
    fi
    if [[ -n ${_wfc_lane_warn[0]} ]] && ((_wfc_lane_warn[0] - _wfc_us < left)); then left=$((_wfc_lane_warn[0] - _wfc_us)); fi
    ((left < 1000000)) || left=1000000
    ((left > 1000)) || left=1000
    printf -v left '%d.%06d' $((left / 1000000)) $((left % 1000000))
    part=
    read -r -t "$left" -u "$_wfc_pipe" part
    left=$?
    # A part of the line may have come when the time is up.
    _wfc_status+=$part
    ((left > 128)) || break
    _wfc_clock
    _wfc_look_after 0
    ((_wfc_oom_alone)) || _wfc_sample_oom
  done
  # `read` with a limit of time loses what comes just as the time is up (seen with bash 5.2). Who wrote it ends with it, too,
  # unless it was killed; before bash 4.4 it can't be waited for.
  ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 404)) || return 0
  wait "$_wfc_watcher" 2>/dev/null
  left=$?
  [[ -z $_wfc_status && $left == 137 ]] || _wfc_status=$left
}

# What the attempt keeps for itself, in _wfc_scratch_files.
_wfc_list_scratch() {
  local file
  _wfc_scratch_files=("$_wfc_scratch.task")
  [[ ! -e $_wfc_scratch.log ]] || _wfc_scratch_files+=("$_wfc_scratch.log")
  set +f
  for file in "$_wfc_scratch".*.list; do [[ ! -e $file ]] || _wfc_scratch_files+=("$file"); done
  set -f
}

# --- after the command ---

# Make goes by times alone: an output that kept an old time (cp -p) would be made again for ever. It gets the time of the
# newest input, which may be the stand-in of its code. A link has a time of its own (make -L), a directory its stand-in.
_wfc_renew() {
  local k o path
  _wfc_newest=
  for k in "${!wfc_inputs[@]}"; do
    ((!wfc_ancient[k])) || continue
    path=${wfc_inputs[k]/#-/./-}
    [[ -n $_wfc_newest && ! $path -nt $_wfc_newest ]] || _wfc_newest=$path
  done
  path=.wfc/stamps/@code/$_wfc_rule@
  ((${#wfc_code[@]} == 0)) || [[ -n $_wfc_newest && ! $path -nt $_wfc_newest ]] || _wfc_newest=$path
  [[ -n $_wfc_newest ]] || return 0
  for o in "${!wfc_outputs[@]}"; do
    path=${wfc_outputs[o]/#-/./-}
    [[ ! -L $path && ! -d $path && $path -ot $_wfc_newest ]] || continue
    command touch -r "$_wfc_newest" -- "$path"
    _wfc_look "${wfc_outputs[o]}"
  done
}

# See the head of tasks.mk. The encoding is that of src/target/make/names.ts.
_wfc_write_stand_ins() {
  local o path stamp c i rest
  [[ -n $_wfc_stand_ins ]] || return 0
  for o in "${!wfc_outputs[@]}"; do
    path=${wfc_outputs[o]} stamp=
    rest=$path
    [[ $rest != /* ]] || stamp=@root rest=${rest#/}
    while [[ $rest == ../* ]]; do stamp+=${stamp:+/}@up rest=${rest#../}; done
    [[ -z $stamp ]] || stamp+=/
    if [[ $rest == *[!A-Za-z0-9_./+,^-]* ]]; then
      for ((i = 0; i < ${#rest}; i++)); do
        c=${rest:i:1}
        [[ $c == [A-Za-z0-9_./+,^-] ]] || printf -v c '@%02X' "'$c"
        stamp+=$c
      done
    else
      stamp+=$rest
    fi
    stamp=.wfc/stamps/$stamp@
    [[ -d ${stamp%/*} ]] || command mkdir -p -- "${stamp%/*}"
    if [[ -d $path ]]; then command touch -- "$stamp"; else command touch -r "${path/#-/./-}" -- "$stamp"; fi
    [[ -z $_wfc_newest || ! $stamp -ot $_wfc_newest ]] || command touch -r "$_wfc_newest" -- "$stamp"
  done
}

_wfc_main "$@"
