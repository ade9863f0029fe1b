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
    failed) _wfc_fail_before_start "$1" "$_wfc_verdict_problem" ;;
    ok)
      if ((_wfc_tries[$1] == 1)) && _wfc_is_complete; then _wfc_skip "$1"; else _wfc_start "$1"; fi
      ;;
  esac
}

_wfc_start() {
  local _wfc_path _wfc_lane
  _wfc_read_settings
  # From here on files are touched: not those of a newer attempt.
  _wfc_own
  for _wfc_path in "${wfc_outputs[@]}"; do
    [[ $_wfc_path != */* || -d ${_wfc_path%/*}/ ]] || { _wfc_make_parents_ahead && break; }
  done
  if ! _wfc_make_room; then
    # Not by the signal that stops us all: then it is not the task's failure.
    [[ -n $_wfc_stop ]] || _wfc_fail_before_start "$1" "$_wfc_problem"
    return
  fi
  for ((_wfc_lane = 0; _wfc_lane < _wfc_lanes; _wfc_lane++)); do [[ -n ${_wfc_lane_pid[_wfc_lane]-} ]] || break; done
  _wfc_begin_attempt "$_wfc_lane" "${_wfc_tries[$1]}" "$_wfc_scratch.$_wfc_lane"
  _wfc_launch "$_wfc_lane"
  printf '+%s\n' "$!" >&"$_wfc_watch"
  _wfc_lane_task[_wfc_lane]=$1
  _wfc_running=$((_wfc_running + 1))
  _wfc_status[$1]=running _wfc_known[${_wfc_names[$1]}]=started
  _wfc_log_started "$_wfc_lane"
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

# The command of lane $1 in a subshell: a fork, where a bash of its own would take a start of bash. It leads a process group, so that
# all that it starts can be stopped; job control is on for that moment only, because under it `wait` also returns for a
# task that is merely suspended.
_wfc_launch() {
  set -m
  (
    # shellcheck disable=SC2064 # The number of the descriptor is that of now.
    trap "echo \$BASHPID >&$_wfc_bell" EXIT
    _wfc_preload_home=$_wfc_scratch.$1 _wfc_preload_folder=$wfc_artifacts/preload
    _wfc_run_command "${_wfc_lane_attempt[$1]}"
  ) </dev/null >>"${_wfc_lane_file[$1]}" 2>&1 {_wfc_watch}>&- {_wfc_look_at}>&- {_wfc_seen}>&- &
  set +m
  _wfc_lane_pid[$1]=$!
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
    _wfc_look_after "$lane"
    ((_wfc_us - _wfc_lane_began[lane] <= 1000000)) || _wfc_measure "$lane"
  done
}

# The task in lane $1 has ended, or is about to.
_wfc_collect() {
  local t=${_wfc_lane_task[$1]} pid=${_wfc_lane_pid[$1]} attempt=${_wfc_lane_attempt[$1]} status name
  wait "$pid" 2>/dev/null
  status=$?
  # What a task leaves running must not write to its outputs any more.
  kill -KILL -- "-$pid" 2>/dev/null
  printf -- '-%s\n' "$pid" >&"$_wfc_watch"
  _wfc_take_time "$1"
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
  _wfc_judge_attempt "$1" "$status"
  _wfc_record_attempt "$1"
  case $_wfc_outcome in
    done)
      _wfc_made[$name]=$_wfc_text
      _wfc_done=$((_wfc_done + 1))
      _wfc_drop_marker "$name"
      _wfc_finish "$t"
      ;;
    interrupted)
      _wfc_status[t]=interrupted _wfc_known[$name]=interrupted
      _wfc_interrupted=$((_wfc_interrupted + 1))
      ;;
    failed)
      if ((attempt <= wfc_retries)) && [[ -z $_wfc_stop ]]; then
        _wfc_status[t]=''
        _wfc_tries[t]=$((attempt + 1))
        # At once, before all others.
        _wfc_ready=("$t" "${_wfc_ready[@]:_wfc_next}")
        _wfc_next=0
      else
        _wfc_give_up "$t" failed "$name"
      fi
      ;;
  esac
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
