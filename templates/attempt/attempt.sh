# One attempt at one task, in a lane (0 where tasks don't run side by side). Who makes it calls, in this order:
#     1. _wfc_make_room                           outputs.sh: what an earlier attempt left goes
#     2. _wfc_begin_attempt LANE ATTEMPT SCRATCH  what it begins from, its marker and its log
#     3. _wfc_run_command ATTEMPT                 command.sh: in a subshell that leads a process group, whose id is put into
#                                                 _wfc_lane_pid; its output goes to the file in _wfc_lane_file
#     4. _wfc_log_started LANE
#     5. _wfc_look_after LANE                     watch.sh: again and again, until it has ended; then _wfc_take_time LANE
#     6. _wfc_judge_attempt LANE STATUS           what came of it; now outputs may still be touched
#     7. _wfc_record_attempt LANE                 its record, or no outputs
# Expects from who calls it, beside what the other files expect: _wfc_log_event KIND FIELD…, which writes a line of the
# journal (journal.sh), and _wfc_say WORD…, which tells the user. The current task is _wfc_rule, _wfc_fingerprint, _wfc_list
# and _wfc_values; its paths and settings are read here, into wfc_ arrays, from the functions of rules.sh.
#
# Bash copies a function's body at each call: what every task passes is short, and what few need stands in functions of its
# own.
# shellcheck shell=bash disable=SC2004,SC2034,SC2154

# The paths of the current task. Fails where a list can't be read.
_wfc_read_paths() {
  "wfc_paths_$_wfc_rule" "$_wfc_list" "${_wfc_values[@]}" || return
  ((${#wfc_summed[@]} == 0)) || _wfc_note_summed
}

_wfc_note_summed() {
  local path
  for path in "${wfc_summed[@]}"; do _wfc_is_summed[$path]=1; done
  wfc_summed=()
}

# Its settings: those of its rule, unless they differ between tasks.
_wfc_read_settings() {
  [[ ${_wfc_settings_rule-} != "$_wfc_rule" ]] || return 0
  wfc_code=() wfc_settings_vary='' wfc_here='' wfc_continues=''
  "wfc_settings_$_wfc_rule" "${_wfc_values[@]}"
  _wfc_settings_rule=
  [[ -n $wfc_settings_vary ]] || _wfc_settings_rule=$_wfc_rule
}

# The current task is about to run in lane $1, for the $2th time as far as it has no checkpoint; $3: see _wfc_open_log. Its
# inputs have been looked at.
_wfc_begin_attempt() {
  _wfc_set_marker "${wfc_outputs[0]}"
  if [[ ${wfc_ancient[*]} == *1* ]]; then _wfc_without_ancient; else _wfc_text_of "${wfc_inputs[@]}"; fi
  _wfc_code=
  # The code that runs is that of now, whatever stood there when the scripts were made.
  ((${#wfc_code[@]} == 0)) || _wfc_digest_code
  _wfc_lane_inputs[$1]=$_wfc_text _wfc_lane_code[$1]=$_wfc_code _wfc_lane_limit[$1]=$wfc_time_seconds _wfc_lane_marker[$1]=$_wfc_marker
  _wfc_lane_stop[$1]='' _wfc_lane_kill[$1]='' _wfc_lane_peak[$1]='' _wfc_lane_warn[$1]='' _wfc_lane_log[$1]=$wfc_log _wfc_lane_file[$1]=$3
  _wfc_check_file=$_wfc_scratch.check-$1
  if [[ -n $wfc_continues ]]; then
    _wfc_begin_to_go_on "$1"
  else
    _wfc_lane_attempt[$1]=$2 _wfc_lane_signal[$1]='' _wfc_lane_patience[$1]=''
    # As nearly always, the log is not there, and the command does not name it.
    [[ $2 == 1 && ! -e $wfc_log && ! -s $3 && -n $3 && ${_wfc_uses_log[$_wfc_rule]-} == no ]] || _wfc_open_log "$@"
  fi
  _wfc_note_oom
  _wfc_clock
  _wfc_lane_began[$1]=$_wfc_us
  [[ -z $wfc_continues || -z $wfc_time_seconds ]] ||
    _wfc_lane_warn[$1]=$((_wfc_us + (wfc_time_seconds - wfc_warn_seconds) * 1000000))
}

# Where it has a checkpoint, which sets _wfc_number, its own count.
_wfc_begin_to_go_on() {
  _wfc_begin_checkpoint "$1"
  _wfc_lane_attempt[$1]=$_wfc_number
  # It may take long, and go on: it has its log at once.
  _wfc_open_log "$1" "$_wfc_number" ''
  ((${#_wfc_removed[@]} == 0)) ||
    printf 'wfc: removed %s: another command, or other inputs, had left it\n' "${_wfc_removed[@]}" >>"${_wfc_lane_file[$1]}"
}

_wfc_log_started() {
  _wfc_date
  _wfc_log_event started "${wfc_outputs[0]}" "${_wfc_lane_attempt[$1]}" "$_wfc_seconds" "${_wfc_lane_pid[$1]}"
}

# What came of the attempt in lane $1, which ended with exit status $2 ('': nobody can tell): _wfc_outcome is done, failed
# (_wfc_problem tells why), interrupted, or continued: its time was up, and it goes on. Looks at the outputs.
_wfc_judge_attempt() {
  _wfc_kept_log='' _wfc_problem='' _wfc_outcome="done" _wfc_lane_status[$1]=$2
  [[ ! -s ${_wfc_lane_file[$1]} && ${_wfc_lane_file[$1]} != "${_wfc_lane_log[$1]}" ]] || _wfc_keep_log "$1"
  [[ $2$_wfc_stop${_wfc_lane_stop[$1]} == 0 ]] || _wfc_judge_end "$@"
  [[ $_wfc_outcome$_wfc_problem != "done" ]] || _wfc_judge_outputs
  [[ $_wfc_outcome == "done" && -n $_wfc_problem ]] || return 0
  _wfc_outcome=failed
  [[ -z $wfc_continues ]] || _wfc_judge_checkpoint "$1"
}

# The same by how its command ended.
_wfc_judge_end() {
  if [[ ${_wfc_lane_stop[$1]} == interrupted || $_wfc_stop == cancelled || $_wfc_stop == interrupted ]] ||
    [[ -n $_wfc_stop && $2 -gt 128 ]]; then
    _wfc_outcome=interrupted
    [[ -z $wfc_continues || $_wfc_stop != limit ]] || _wfc_judge_job_limit "$1"
  elif [[ $2 != 0 || -n ${_wfc_lane_stop[$1]} ]]; then
    _wfc_find_failure "$@"
  fi
}

# Writes what _wfc_judge_attempt found of the attempt in lane $1. Where it is not done, its outputs go, and the files that
# are named behind the lane. Leaves the states of its outputs in _wfc_text.
_wfc_record_attempt() {
  if [[ $_wfc_outcome != "done" ]]; then
    _wfc_record_loss "$@"
    return
  fi
  [[ ${wfc_protected[*]} != *1* ]] || _wfc_protect
  _wfc_text_of "${wfc_outputs[@]}"
  _wfc_log_event "done" "${wfc_outputs[0]}" "$_wfc_fingerprint${_wfc_lane_code[$1]}" "$wfc_checks_id" "${_wfc_lane_took[$1]}" \
    "${_wfc_lane_inputs[$1]}" "$_wfc_text" ${_wfc_lane_peak[$1]:+"${_wfc_lane_peak[$1]}"}
  [[ -n $wfc_continues ]] || return 0
  # Behind the record: whatever stops us in between, no work is lost.
  _wfc_write_events
  _wfc_drop_checkpoint
}

_wfc_record_loss() {
  local name=${wfc_outputs[0]} attempt=${_wfc_lane_attempt[$1]} peak=${_wfc_lane_peak[$1]} of=
  _wfc_remove "${wfc_outputs[@]}" "${_wfc_lane_marker[$1]}" "${@:2}"
  if [[ $_wfc_outcome != failed ]]; then
    _wfc_stop_cause=time_limit
    [[ $_wfc_outcome == continued && -z $_wfc_stop ]] || _wfc_find_stop_cause
    _wfc_date
    _wfc_log_event interrupted "$name" "$_wfc_stop_cause" "$_wfc_seconds"
    [[ $_wfc_outcome != continued ]] || _wfc_say "goes on from its checkpoint: $name (${_wfc_lane_continued[$1]} of $wfc_continues)"
  else
    _wfc_log_event failed "$name" "$attempt" "${_wfc_lane_status[$1]}" "$_wfc_problem" ${peak:+"$peak"}
    _wfc_find_words "$_wfc_problem"
    [[ -n $wfc_continues ]] || of=" of $((wfc_retries + 1))"
    _wfc_say "failed: $name: $_wfc_words (attempt $attempt$of)${_wfc_kept_log:+; log: $_wfc_kept_log}"
  fi
}

# The command of the current task can't start; $1: what keeps it from that. Its outputs and its record stay as they are.
_wfc_refuse() {
  _wfc_log_event failed "${wfc_outputs[0]}" 0 '' "$1"
  _wfc_find_words "$1"
  _wfc_say "failed: ${wfc_outputs[0]}: $_wfc_words"
}
