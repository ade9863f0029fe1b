# The loop over lanes: starts tasks as they become ready, looks after those that run, and takes in how they ended.
# shellcheck shell=bash disable=SC2004,SC2034,SC2154

_wfc_run_tasks() {
  local _wfc_t
  while :; do
    _wfc_tick
    while [[ -z $_wfc_stop ]] && ((_wfc_running < _wfc_lanes && _wfc_next < ${#_wfc_ready[@]})); do
      _wfc_t=${_wfc_ready[_wfc_next]}
      _wfc_next=$((_wfc_next + 1))
      _wfc_consider "$_wfc_t"
    done
    if ((_wfc_running == 0)); then
      [[ -z $_wfc_stop ]] || return
      ((_wfc_next == ${#_wfc_ready[@]})) || continue
      ((${#_wfc_later[@]} > 0)) || return
      _wfc_be_patient
    elif [[ -z $_wfc_stop ]] && ((${#_wfc_later[@]} > 0 && _wfc_running < _wfc_lanes && SECONDS > _wfc_sources_seconds)); then
      _wfc_look_again
    else
      _wfc_await
    fi
  done
}

# Start the task, or find out why it must not, or need not.
_wfc_consider() {
  [[ -z ${_wfc_status[$1]-} ]] || return 0
  _wfc_read_row "$1"
  _wfc_judge_producers
  if [[ $_wfc_verdict == ok ]]; then
    if ((_wfc_tries[$1] == 1)) && _wfc_has_record; then
      _wfc_look "${wfc_inputs[@]}" "${wfc_outputs[@]}"
    elif [[ $_wfc_seen_ahead != "$1" ]]; then
      _wfc_look "${wfc_inputs[@]}"
    fi
    _wfc_judge_files
  fi
  _wfc_seen_ahead=
  case $_wfc_verdict in
    wait) _wfc_later+=("$1") ;;
    blocked)
      _wfc_say "blocked: ${_wfc_names[$1]}, by $_wfc_verdict_cause"
      _wfc_give_up "$1" blocked "$_wfc_verdict_cause"
      ;;
    failed) _wfc_fail_before_start "$1" "$_wfc_verdict_reason" ;;
    ok)
      if ((_wfc_tries[$1] == 1)) && _wfc_is_complete; then _wfc_skip "$1"; else _wfc_start "$1"; fi
      ;;
  esac
}

_wfc_start() {
  local _wfc_path _wfc_lane _wfc_o _wfc_append_log='' _wfc_attempt_line=''
  _wfc_read_settings
  # From here on files are touched: not those of a newer attempt.
  _wfc_own
  for _wfc_o in "${!wfc_outputs[@]}"; do
    _wfc_path=${wfc_outputs[_wfc_o]}
    # An attempt starts from nothing: an old output must not pass for a new one.
    if [[ -e $_wfc_path || -L $_wfc_path ]]; then
      if ((wfc_protected[_wfc_o])) && _wfc_is_protected "$_wfc_path"; then
        _wfc_fail_before_start "$1" "its output is protected: to make it anew, run chmod -R u+w $_wfc_path, or remove it"
        return
      fi
      _wfc_remove "$_wfc_path"
    fi
    [[ $_wfc_path != */* || -d ${_wfc_path%/*}/ ]] || _wfc_make_parents_ahead
    _wfc_make_parent "$_wfc_path"
    if [[ -e $_wfc_path || -L $_wfc_path || ($_wfc_path == */* && ! -d ${_wfc_path%/*}/) ]]; then
      # Not by the signal that stops us all: then it is not the task's failure.
      [[ -z $_wfc_stop ]] || return
      _wfc_fail_before_start "$1" "can't make room for its output: $_wfc_path"
      return
    fi
  done
  _wfc_set_marker "${wfc_outputs[0]}"
  for ((_wfc_lane = 0; _wfc_lane < _wfc_lanes; _wfc_lane++)); do [[ -n ${_wfc_lane_pid[_wfc_lane]-} ]] || break; done
  _wfc_input_states
  _wfc_states_text
  _wfc_lane_inputs[_wfc_lane]=$_wfc_text
  # The code that runs is that of now, whatever stood there when the scripts were made.
  _wfc_find_code
  _wfc_lane_code[_wfc_lane]=$_wfc_code
  # Most tasks print nothing: their output goes to one file for all, which becomes the log once there is something in it.
  _wfc_log_path=$wfc_log _wfc_file=$_wfc_scratch.$_wfc_lane
  if ((_wfc_tries[$1] > 1)) || [[ -e $wfc_log ]]; then _wfc_append_log=1 _wfc_attempt_line=1; fi
  if [[ -n $_wfc_append_log ]] || _wfc_names_its_log; then
    _wfc_make_parent "$wfc_log"
    _wfc_file=$wfc_log
  fi
  _wfc_note_oom
  _wfc_clock
  _wfc_launch "$1"
  _wfc_lane_pid[_wfc_lane]=$! _wfc_lane_task[_wfc_lane]=$1 _wfc_lane_attempt[_wfc_lane]=${_wfc_tries[$1]}
  printf '+%s\n' "$!" >&"$_wfc_watch"
  _wfc_running=$((_wfc_running + 1))
  _wfc_status[$1]=running _wfc_known[${_wfc_names[$1]}]=started
  _wfc_lane_began[_wfc_lane]=$_wfc_us _wfc_lane_limit[_wfc_lane]=$wfc_time_seconds
  _wfc_lane_stop[_wfc_lane]='' _wfc_lane_kill[_wfc_lane]='' _wfc_lane_peak[_wfc_lane]=''
  _wfc_lane_log[_wfc_lane]=$_wfc_log_path _wfc_lane_file[_wfc_lane]=$_wfc_file
  printf -v _wfc_path '%(%s)T' -1
  _wfc_log_event started "${_wfc_names[$1]}" "${_wfc_tries[$1]}" "$_wfc_path" "${_wfc_lane_pid[_wfc_lane]}"
}

# The folders for the outputs of the tasks that are about to come, in one process; what can't be made shows when its task
# starts. Leaves the current row alone.
_wfc_make_parents_ahead() {
  local _wfc_t path _wfc_rule _wfc_fingerprint _wfc_list wfc_log
  local -a folders=() _wfc_values wfc_inputs wfc_from wfc_from_output wfc_ancient wfc_outputs wfc_input_at
  for _wfc_t in "${_wfc_ready[@]:_wfc_next:100}"; do
    _wfc_read_row "$_wfc_t"
    for path in "${wfc_outputs[@]}"; do
      [[ $path != */* || -d ${path%/*}/ ]] || folders+=("${path%/*}")
    done
  done
  ((${#folders[@]} == 0)) || command mkdir -p -- "${folders[@]}" 2>/dev/null
}

# The command in a subshell: a fork, where a bash of its own would take a start of bash. It leads a process group, so that
# all that it starts can be stopped; job control is on for that moment only, because under it `wait` also returns for a
# task that is merely suspended.
_wfc_launch() {
  [[ $_wfc_file == "$_wfc_log_path" ]] || : >"$_wfc_file"
  set -m
  (
    set +mf
    if [[ -n $_wfc_had_locale ]]; then LC_ALL=$_wfc_locale; else unset LC_ALL; fi 2>/dev/null
    _wfc_stop_gently
    # shellcheck disable=SC2064 # The number of the descriptor is that of now.
    trap "echo \$BASHPID >&$_wfc_bell" EXIT
    [[ -z $_wfc_attempt_line ]] || _wfc_head_attempt "${_wfc_tries[$1]}" "$_wfc_folder" "$_wfc_slurm_id"
    wfc_attempt=${_wfc_tries[$1]}
    # The binding may overwrite any wfc_ name: a param may be called `outputs`.
    _wfc_outputs=("${wfc_outputs[@]}") _wfc_has_check=("${wfc_has_check[@]}")
    "wfc_bind_$_wfc_rule" "$_wfc_list" "${_wfc_values[@]}"
    set -euo pipefail
    if [[ " ${_wfc_has_check[*]-} " == *' 1 '* ]]; then
      # A command that ends with `exit 0`, or that changes the folder, must not get round its checks.
      (
        _wfc_stop_gently
        "wfc_rule_$_wfc_rule"
      )
      for _wfc_o in "${!_wfc_outputs[@]}"; do
        if [[ ${_wfc_has_check[_wfc_o]-} == 1 ]]; then
          _wfc_verify "${_wfc_outputs[_wfc_o]}" "wfc_check_${_wfc_rule}_$_wfc_o"
        fi
      done
    else
      "wfc_rule_$_wfc_rule"
    fi
  ) </dev/null >>"$_wfc_file" 2>&1 {_wfc_watch}>&- {_wfc_look_at}>&- {_wfc_seen}>&- &
  set +m
}

# Until a task says that it ends, or some time is over: half a second at most, so that limits and signals are looked after.
# Not by `wait`, which has no time limit: as tried with bash 5.2, `wait -n` can miss a child and block for ever, and one
# that a trap interrupts can give a false exit status. A task that ends without a word (killed, `exec`, a trap of its own)
# is found out by looking.
_wfc_await() {
  local pid
  _wfc_seen_ahead=
  pid=
  IFS= read -r -t "$_wfc_pause" -u "$_wfc_bell" pid
  if [[ -n $pid ]]; then
    _wfc_pause=0.02
    _wfc_collect_ended "$pid"
    return
  fi
  case $_wfc_pause in 0.02) _wfc_pause=0.1 ;; *) _wfc_pause=0.5 ;; esac
  _wfc_collect_ended 0
}

# Those that are gone, and the one that has just said that it goes.
_wfc_collect_ended() {
  local lane
  for lane in "${!_wfc_lane_pid[@]}"; do
    [[ ${_wfc_lane_pid[lane]} != "$1" ]] && kill -0 "${_wfc_lane_pid[lane]}" 2>/dev/null && continue
    _wfc_collect "$lane"
  done
}

# Twice a second: limits, logs, and whether the element is still ours.
_wfc_tick() {
  local lane
  _wfc_clock
  [[ -n $_wfc_stop ]] || ((_wfc_us - _wfc_ticked >= 400000)) || return 0
  _wfc_ticked=$_wfc_us
  ((SECONDS - _wfc_own_seconds < 2)) || _wfc_own
  ((_wfc_oom_alone)) || _wfc_sample_oom
  for lane in "${!_wfc_lane_pid[@]}"; do
    if [[ -n $_wfc_stop && -z ${_wfc_lane_stop[lane]} ]]; then
      # The job's own end is near: little time is left to tidy up.
      _wfc_stop_task "$lane" interrupted 5
    elif [[ -z ${_wfc_lane_stop[lane]} && -n ${_wfc_lane_limit[lane]} ]] &&
      ((_wfc_us - _wfc_lane_began[lane] > _wfc_lane_limit[lane] * 1000000)); then
      printf 'wfc: time limit of %s s reached\n' "${_wfc_lane_limit[lane]}" >>"${_wfc_lane_file[lane]}"
      _wfc_stop_task "$lane" 'time limit' 10
    elif [[ -n ${_wfc_lane_kill[lane]} ]] && ((_wfc_us > _wfc_lane_kill[lane])); then
      kill -KILL -- "-${_wfc_lane_pid[lane]}" 2>/dev/null
    fi
    ((_wfc_us - _wfc_lane_began[lane] > 1000000)) || continue
    # A task that takes long gets its log now, so that one can follow it.
    _wfc_show_log "$lane"
    _wfc_measure "$lane"
  done
}

_wfc_stop_task() {
  _wfc_lane_stop[$1]=$2
  _wfc_lane_kill[$1]=$((_wfc_us + $3 * 1000000))
  # A suspended task hears TERM only when it goes on.
  kill -TERM -- "-${_wfc_lane_pid[$1]}" 2>/dev/null
  kill -CONT -- "-${_wfc_lane_pid[$1]}" 2>/dev/null
}

# The scratch file becomes the log, by a rename: who writes to it writes on.
_wfc_show_log() {
  local log=${_wfc_lane_log[$1]}
  [[ ${_wfc_lane_file[$1]} != "$log" && -s ${_wfc_lane_file[$1]} ]] || return 0
  _wfc_make_parent "$log"
  command mv -f -- "${_wfc_lane_file[$1]}" "$log" && _wfc_lane_file[$1]=$log
}

_wfc_collect() {
  local t=${_wfc_lane_task[$1]} pid=${_wfc_lane_pid[$1]} attempt=${_wfc_lane_attempt[$1]} status name seconds
  local peak=${_wfc_lane_peak[$1]}
  wait "$pid" 2>/dev/null
  status=$?
  # What a task leaves running must not write to its outputs any more.
  kill -KILL -- "-$pid" 2>/dev/null
  printf -- '-%s\n' "$pid" >&"$_wfc_watch"
  _wfc_clock
  seconds=$((_wfc_us - _wfc_lane_began[$1]))
  printf -v seconds '%d.%03d' $((seconds / 1000000)) $((seconds / 1000 % 1000))
  unset "_wfc_lane_pid[$1]"
  _wfc_running=$((_wfc_running - 1))
  # scancel signals a task and this shell in one go: hear it before calling that a failure.
  ((status == 0)) || command sleep 0.05
  name=${_wfc_names[t]}
  _wfc_predict_next "$t"
  _wfc_read_row "$t"
  _wfc_read_settings
  # Before any file is touched.
  _wfc_own
  _wfc_keep_log "$1"
  if [[ ${_wfc_lane_stop[$1]} == interrupted || $_wfc_stop == cancelled || $_wfc_stop == interrupted ]] ||
    [[ -n $_wfc_stop && $status -gt 128 ]]; then
    _wfc_find_marker "$name"
    _wfc_remove "${wfc_outputs[@]}" "$_wfc_marker"
    _wfc_status[t]=interrupted _wfc_known[$name]=interrupted
    _wfc_interrupted=$((_wfc_interrupted + 1))
    _wfc_name_stop
    _wfc_log_event interrupted "$name" "$_wfc_stop_cause" "$seconds"
    return
  fi
  _wfc_find_problem "$1" "$status"
  if [[ -z $_wfc_problem ]]; then
    _wfc_protect
    _wfc_output_states
    _wfc_states_text
    _wfc_made[$name]=$_wfc_text
    _wfc_log_event "done" "$name" "$_wfc_fingerprint${_wfc_lane_code[$1]}" "$wfc_checks_id" "$seconds" \
      "${_wfc_lane_inputs[$1]}" "$_wfc_text" ${peak:+"$peak"}
    _wfc_done=$((_wfc_done + 1))
    _wfc_drop_marker "$name"
    _wfc_finish "$t"
    return
  fi
  _wfc_find_marker "$name"
  _wfc_remove "${wfc_outputs[@]}" "$_wfc_marker"
  _wfc_log_event failed "$name" "$attempt" "$status" "$_wfc_problem" ${peak:+"$peak"}
  _wfc_say "failed: $name: $_wfc_problem (attempt $attempt of $((wfc_retries + 1)))${_wfc_kept_log:+; log: $_wfc_kept_log}"
  if ((attempt <= wfc_retries)) && [[ -z $_wfc_stop ]]; then
    _wfc_status[t]=''
    _wfc_tries[t]=$((attempt + 1))
    # At once, before all others.
    _wfc_ready=("$t" "${_wfc_ready[@]:_wfc_next}")
    _wfc_next=0
  else
    _wfc_give_up "$t" failed "$name"
  fi
}

# Half of what a short task costs is looking at files: those of the task that comes next are looked at in the same go,
# right before it starts. _wfc_next_row is '' where one can't tell. Sets the current row.
_wfc_predict_next() {
  local d
  _wfc_next_inputs=() _wfc_next_row=${_wfc_ready[_wfc_next]-}
  if [[ -z $_wfc_next_row ]]; then
    for d in ${_wfc_dependents[$1]-}; do
      ((_wfc_unmet[d] > 1)) || _wfc_next_row=$d
      break
    done
  fi
  [[ -n $_wfc_next_row ]] || return 0
  _wfc_read_row "$_wfc_next_row"
  if ((${#wfc_inputs[@]} <= 100)); then _wfc_next_inputs=("${wfc_inputs[@]}"); else _wfc_next_row=; fi
}

# A log is kept where something was written.
_wfc_keep_log() {
  _wfc_show_log "$1"
  _wfc_kept_log=${_wfc_lane_log[$1]}
  [[ ! -s $_wfc_kept_log ]] || return 0
  [[ ${_wfc_lane_file[$1]} != "$_wfc_kept_log" ]] || command rm -f -- "$_wfc_kept_log"
  _wfc_kept_log=
}

# Why this element stops its tasks, as a code, in _wfc_stop_cause. Slurm ends what it preempts by the same signal as what is
# cancelled: only its accounts can tell those apart, and who reads the code asks them. Sets seconds, of the clock.
_wfc_name_stop() {
  printf -v seconds '%(%s)T' -1
  case $_wfc_stop in
    limit) _wfc_stop_cause=job_limit ;;
    cancelled) _wfc_stop_cause=cancelled ;;
    *) _wfc_stop_cause=interrupted ;;
  esac
  [[ -n $_wfc_slurm_id ]] || _wfc_stop_cause=interrupted
}

# Many markers a process: one each would double what a short task costs.
_wfc_drop_marker() {
  _wfc_find_marker "$1"
  [[ -z $_wfc_marker ]] || _wfc_markers+=("$_wfc_marker")
  ((${#_wfc_markers[@]} < 50)) || _wfc_remove_markers
}

_wfc_remove_markers() {
  ((${#_wfc_markers[@]} == 0)) || command rm -f -- "${_wfc_markers[@]}"
  _wfc_markers=()
}
