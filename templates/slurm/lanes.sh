# The loop over lanes: starts tasks as they become ready, looks after those that run, and takes in how they ended.
# shellcheck shell=bash disable=SC2004,SC2034,SC2154

# A variable is looked for in all functions that are under way and have some of their own: these have none.
_wfc_run_tasks() {
  while :; do
    # By the clock as last looked at: an attempt that begins or ends looks, and so does _wfc_await.
    if [[ -n $_wfc_stop ]] || ((_wfc_us - _wfc_ticked >= 400000)); then _wfc_tick; fi
    while [[ -z $_wfc_stop ]] && ((${#_wfc_idle[@]} > 0 && _wfc_next < ${#_wfc_ready[@]})); do
      _wfc_t=${_wfc_ready[_wfc_next]}
      _wfc_next=$((_wfc_next + 1))
      _wfc_consider "$_wfc_t"
    done
    if ((_wfc_running > 0 && ${#_wfc_later[@]} == 0)); then
      _wfc_await
    elif ((_wfc_running == 0)) && [[ -n $_wfc_stop ]]; then
      return
    elif ((_wfc_running == 0 && _wfc_next == ${#_wfc_ready[@]})); then
      ((${#_wfc_later[@]} > 0)) || return 0
      _wfc_be_patient
    elif [[ -z $_wfc_stop ]] && ((${#_wfc_later[@]} > 0 && ${#_wfc_idle[@]} > 0 && SECONDS > _wfc_sources_seconds)); then
      _wfc_look_again
    else
      _wfc_await
    fi
  done
}

# Start the task, or find out why it must not, or need not.
_wfc_consider() {
  [[ -z ${_wfc_status[$1]-} ]] || return 0
  [[ $_wfc_current == "$1" ]] || _wfc_read_row "$1"
  if [[ $_wfc_seen_ahead == "$1" && ${_wfc_known[${wfc_outputs[0]}]-} != "done" ]] && _wfc_is_plainly_ok; then
    _wfc_start "$1"
  else
    _wfc_weigh "$1"
  fi
}

_wfc_weigh() {
  _wfc_judge "$1"
  _wfc_seen_ahead=
  if [[ $_wfc_verdict != ok ]]; then
    _wfc_put_off "$1"
  elif [[ ${_wfc_known[${wfc_outputs[0]}]-} == "done" && -z ${_wfc_tries[$1]-} ]] && _wfc_is_complete; then
    _wfc_skip "$1"
  else
    _wfc_start "$1"
  fi
}

# The verdict on row $1, the current one.
_wfc_judge() {
  _wfc_judge_producers
  [[ $_wfc_verdict == ok ]] || return 0
  if [[ ${_wfc_known[${wfc_outputs[0]}]-} == "done" && -z ${_wfc_tries[$1]-} ]]; then
    _wfc_look "${wfc_inputs[@]}" "${wfc_outputs[@]}"
  elif [[ $_wfc_seen_ahead != "$1" ]]; then
    _wfc_look "${wfc_inputs[@]}"
  fi
  _wfc_judge_files
}

# By the verdict on row $1, which can't start now.
_wfc_put_off() {
  _wfc_own
  case $_wfc_verdict in
    wait) _wfc_later+=("$1") ;;
    blocked)
      _wfc_say "blocked: ${_wfc_names[$1]}, by $_wfc_verdict_cause"
      _wfc_give_up "$1" blocked "$_wfc_verdict_cause"
      ;;
    failed) _wfc_fail_before_start "$1" "$_wfc_verdict_problem" ;;
  esac
}

_wfc_start() {
  local _wfc_lane
  [[ $_wfc_settings_rule == "$_wfc_rule" ]] || _wfc_read_settings
  # From here on files are touched: not those of a newer attempt.
  _wfc_own
  [[ ${wfc_outputs[0]} != */* || -d ${wfc_outputs[0]%/*}/ ]] || _wfc_make_parents_ahead "$1"
  if ! _wfc_make_room; then
    # Not by the signal that stops us all: then it is not the task's failure.
    [[ -n $_wfc_stop ]] || _wfc_fail_before_start "$1" "$_wfc_problem"
    return
  fi
  _wfc_lane=${_wfc_idle[0]}
  _wfc_idle=("${_wfc_idle[@]:1}")
  _wfc_begin_attempt "$_wfc_lane" "${_wfc_tries[$1]:-1}" "$_wfc_scratch.$_wfc_lane"
  _wfc_running=$((_wfc_running + 1)) _wfc_status[$1]=running
  _wfc_lane_task[_wfc_lane]=$1 _wfc_lane_pid[_wfc_lane]=${_wfc_lane_ahead[_wfc_lane]}
  _wfc_log_started "$_wfc_lane"
  _wfc_write_events
  _wfc_launch "$_wfc_lane"
}

# The folders for the first outputs of row $1 and those that are about to come, in one process; what can't be made shows
# when its task starts.
_wfc_make_parents_ahead() {
  local t path
  local -a folders=()
  for t in "$1" "${_wfc_ready[@]:_wfc_next:100}"; do
    path=${_wfc_names[t]}
    [[ $path != */* || -d ${path%/*}/ ]] || folders+=("${path%/*}")
  done
  ((${#folders[@]} == 0)) || command mkdir -p -- "${folders[@]}" 2>/dev/null
}

# Until a launcher reports, or half a second is over, so that limits and signals are looked after.
_wfc_await() {
  _wfc_seen_ahead='' _wfc_report=''
  [[ -z $_wfc_unwritten ]] || _wfc_write_events
  # `read` with a limit of time loses what comes just as the time is up (seen with bash 5.2): that may be a ring, and
  # reports are read where there are some.
  IFS= read -r -N 1 -t 0.5 -u "$_wfc_bell"
  while read -r -t 0 -u "$_wfc_reports" && IFS= read -r -N "$_wfc_report_length" -u "$_wfc_reports" _wfc_report; do
    # shellcheck disable=SC2086
    _wfc_take_report $_wfc_report
  done
  [[ -z $_wfc_report ]] || return 0
  _wfc_clock
  _wfc_find_lost
}

# `_wfc_take_report LANE STATUS GROUP`, see launcher.sh.
_wfc_take_report() {
  if [[ ${_wfc_lane_ahead[$1]-} != "$3" ]]; then
    printf '%5d%5s%10d' "$@" >&"$_wfc_watch"
    _wfc_lane_ahead[$1]=$3
  fi
  _wfc_idle+=("$1")
  [[ -z ${_wfc_lane_pid[$1]-} ]] || _wfc_collect "$1" "$2"
}

# A launcher that was killed reports no more: nobody can tell how its task would have ended.
_wfc_find_lost() {
  local lane k
  for lane in "${!_wfc_lane_launcher[@]}"; do
    ! kill -0 "${_wfc_lane_launcher[lane]}" 2>/dev/null || continue
    [[ -n ${_wfc_lane_ahead[lane]} ]] || _wfc_die "can't start processes for tasks"
    # Its last report may have come meanwhile.
    if read -r -t 0 -u "$_wfc_reports"; then return; fi
    kill -KILL -- "-${_wfc_lane_ahead[lane]}" 2>/dev/null
    _wfc_kill_preloaded "$_wfc_scratch.$lane"
    for k in "${!_wfc_idle[@]}"; do [[ ${_wfc_idle[k]} != "$lane" ]] || unset "_wfc_idle[k]"; done
    _wfc_idle=("${_wfc_idle[@]}")
    _wfc_close_lane "$lane"
    _wfc_open_lane "$lane"
    [[ -z ${_wfc_lane_pid[lane]-} ]] || _wfc_collect "$lane" ''
  done
}

# Twice a second: limits, logs, and whether the element is still ours.
_wfc_tick() {
  local lane
  _wfc_clock
  _wfc_ticked=$_wfc_us
  ((SECONDS - _wfc_own_seconds < 2)) || _wfc_own
  ((_wfc_oom_alone)) || _wfc_sample_oom
  for lane in "${!_wfc_lane_pid[@]}"; do
    _wfc_look_after "$lane"
    ((_wfc_us - _wfc_lane_began[lane] <= 1000000)) || _wfc_measure "$lane"
  done
}

# The task in lane $1 has ended, with exit status $2 ('': nobody can tell).
_wfc_collect() {
  local t=${_wfc_lane_task[$1]}
  _wfc_take_time "$1"
  unset "_wfc_lane_pid[$1]"
  _wfc_running=$((_wfc_running - 1))
  # scancel signals a task and this shell in one go: hear it before calling that a failure.
  [[ $2 == 0 ]] || command sleep 0.05
  _wfc_predict_next "$t"
  # Nearly always it is still the current one.
  [[ $_wfc_current == "$t" ]] || _wfc_read_row "$t"
  [[ $_wfc_settings_rule == "$_wfc_rule" ]] || _wfc_read_settings
  # Before any file is touched.
  _wfc_own
  _wfc_judge_attempt "$@"
  _wfc_record_attempt "$1"
  if [[ $_wfc_outcome == "done" ]]; then
    _wfc_made[${_wfc_names[t]}]=$_wfc_text _wfc_known[${_wfc_names[t]}]="done" _wfc_done=$((_wfc_done + 1))
    _wfc_drop_marker "${_wfc_lane_marker[$1]}"
    _wfc_finish "$t"
  else
    _wfc_take_loss "$t" "${_wfc_tries[t]:-1}"
  fi
}

# Row $1, whose $2th try has just ended, is not done.
_wfc_take_loss() {
  if [[ $_wfc_outcome == interrupted ]]; then
    _wfc_status[$1]=interrupted
    _wfc_interrupted=$((_wfc_interrupted + 1))
  elif [[ $_wfc_outcome == continued ]]; then
    _wfc_go_on "$1" "$2"
  elif (($2 <= wfc_retries)) && [[ -z $_wfc_stop ]]; then
    _wfc_try_again "$1" $(($2 + 1))
  else
    _wfc_give_up "$1" failed "${_wfc_names[$1]}"
  fi
}

# At once, before all others.
_wfc_try_again() {
  _wfc_status[$1]=''
  _wfc_tries[$1]=$2
  _wfc_ready=("$1" "${_wfc_ready[@]:_wfc_next}")
  _wfc_next=0
}

# The time of row $1 was up, and it goes on: in the element's next attempt, for this one's time is what one of a task takes.
_wfc_go_on() {
  _wfc_continued=$((_wfc_continued + 1))
  if [[ -z $_wfc_slurm_id && -z $_wfc_stop ]]; then
    _wfc_try_again "$1" "$2"
  else
    _wfc_status[$1]=interrupted
    _wfc_interrupted=$((_wfc_interrupted + 1))
  fi
}

# Half of what a short task costs is looking at files: those of the task that comes next are looked at in the same go,
# right before it starts. _wfc_next_row is '' where one can't tell.
_wfc_predict_next() {
  local d IFS=$' \037'
  _wfc_next_inputs=() _wfc_next_row=${_wfc_ready[_wfc_next]-}
  if [[ -z $_wfc_next_row ]]; then
    for d in ${_wfc_dependents[$1]-}; do
      ((_wfc_unmet[d] > 1)) || _wfc_next_row=$d
      break
    done
  fi
  # Of many inputs none is known here.
  [[ -n $_wfc_next_row && -n ${_wfc_inputs_of[_wfc_next_row]+known} ]] || { _wfc_next_row= && return; }
  IFS=$'\037'
  # shellcheck disable=SC2206
  _wfc_next_inputs=(${_wfc_inputs_of[_wfc_next_row]})
}

# Many markers a process: one each would double what a short task costs.
_wfc_drop_marker() {
  [[ -z $1 ]] || _wfc_markers+=("$1")
  ((${#_wfc_markers[@]} < 50)) || _wfc_remove_markers
}

_wfc_remove_markers() {
  _wfc_write_events
  ((${#_wfc_markers[@]} == 0)) || command rm -f -- "${_wfc_markers[@]}"
  _wfc_markers=()
}
