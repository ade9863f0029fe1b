# What may run: whether a task is complete, waits, is blocked, or can never run; and what follows for those behind it.
# shellcheck shell=bash disable=SC2004,SC2034,SC2154

# Whether all inputs of the task, which have just been looked at, are as their producers recorded them, each the only output
# of its producer. Nearly always it is so; else what follows finds out why.
_wfc_is_plainly_ok() {
  local k
  for k in "${!wfc_from[@]}"; do
    # No task is called /.
    [[ ${_wfc_known[${wfc_from[k]:-/}]-}${wfc_from_output[k]} == done0 && ${_wfc_state[${wfc_inputs[k]}]} == "${_wfc_made[${wfc_from[k]}]}" ]] || return
  done
}

# Whether all that the task depends on is done, as far as records tell: _wfc_verdict is ok, wait, or blocked with
# _wfc_verdict_cause.
_wfc_judge_producers() {
  local producer home ended since
  _wfc_verdict=ok
  for producer in "${wfc_from[@]}"; do
    # Those of this element have been waited for: only finished ones let a task come here.
    [[ -n $producer && -z ${_wfc_row_of[$producer]-} ]] || continue
    home=${_wfc_home[$producer]-}
    ended=$_wfc_sources_ended
    [[ -z $home ]] || ended=${_wfc_source_ended[home]:-0}
    case ${_wfc_known[$producer]-} in
      done) continue ;;
      blocked)
        _wfc_verdict=blocked _wfc_verdict_cause=${_wfc_cause[$producer]}
        return
        ;;
      failed)
        # It may be about to try again: that takes no two seconds.
        since=${_wfc_failed_since[$producer]:-$SECONDS}
        _wfc_failed_since[$producer]=$since
        ((SECONDS - since < 2)) || ended=1
        ;;
    esac
    _wfc_verdict_cause=$producer
    if ((ended || !_wfc_patient)); then
      _wfc_verdict=blocked
      return
    fi
    _wfc_verdict='wait'
  done
}

# The same for the files, which have just been looked at: an input that this submission makes must be as its producer
# recorded it. That it exists is not enough: it may be half-written, or half-visible here. Also says failed, with a problem.
_wfc_judge_files() {
  local k path producer now recorded output IFS=,
  local -a outputs
  _wfc_verdict=ok
  for k in "${!wfc_inputs[@]}"; do
    path=${wfc_inputs[k]} producer=${wfc_from[k]} output=${wfc_from_output[k]}
    now=${_wfc_state[$path]}
    if [[ -z $producer ]]; then
      [[ -z $now ]] || continue
      _wfc_verdict=failed _wfc_verdict_problem=source_missing:$path
      return
    fi
    recorded=${_wfc_made[$producer]}
    if [[ $output == -1 || $recorded == '#'* ]]; then
      [[ -z $now ]] || continue
    else
      if [[ $recorded == *,* ]]; then
        # shellcheck disable=SC2206
        outputs=($recorded)
        recorded=${outputs[output]}
      fi
      [[ -z $now ]] || ! _wfc_same_state "$recorded" "$now" || continue
    fi
    # What this element made itself is not late: somebody else has changed it.
    if ((_wfc_patient)) && [[ -z ${_wfc_row_of[$producer]-} ]]; then
      _wfc_verdict='wait'
      continue
    fi
    if [[ $output == -1 ]]; then
      _wfc_verdict=failed _wfc_verdict_problem=input_missing:$path
    else
      _wfc_say "$path is ${now:-missing}, and not as $producer left it: $recorded"
      _wfc_verdict=blocked _wfc_verdict_cause=$producer
    fi
    return
  done
}

# The task of the current row is complete by its record and the files just looked at.
_wfc_is_complete() {
  local name=${wfc_outputs[0]}
  _wfc_has_record || return 1
  [[ ${_wfc_recorded[1]} == "$wfc_checks_id" ]] || return 1
  _wfc_output_states
  _wfc_states_hold "${_wfc_made[$name]}" || return 1
  _wfc_input_states
  _wfc_states_hold "${_wfc_recorded[3]}"
}

# There is a record with the row's fingerprint, made by the code of now; it is then in _wfc_recorded: fingerprint, checks,
# duration, inputs. Reads the settings.
_wfc_has_record() {
  [[ ${_wfc_known[${wfc_outputs[0]}]-} == "done" ]] || return 1
  _wfc_split_record "${wfc_outputs[0]}"
  _wfc_read_settings
  _wfc_find_code
  [[ ${_wfc_recorded[0]} == "$_wfc_fingerprint$_wfc_code" ]]
}

_wfc_split_record() {
  local IFS=$'\037'
  # shellcheck disable=SC2206
  _wfc_recorded=(${_wfc_record[$1]})
  # An empty last field is no field for bash.
  _wfc_recorded[3]=${_wfc_recorded[3]-}
}

# Before anything runs: all files of all tasks that have a record in one go, then what is complete counts as done.
_wfc_skip_complete() {
  # Nothing ran before, as in most elements.
  ((${#_wfc_record[@]} > 0)) || return 0
  local _wfc_t path
  local -a paths=() recorded=()
  local -A listed=()
  for _wfc_t in "${!_wfc_rows[@]}"; do
    [[ ${_wfc_known[${_wfc_names[_wfc_t]}]-} == "done" ]] || continue
    recorded[_wfc_t]=1
    _wfc_read_row "$_wfc_t"
    for path in "${wfc_outputs[@]}" "${wfc_inputs[@]}"; do
      [[ -z ${listed[$path]-} ]] || continue
      listed[$path]=1
      paths+=("$path")
    done
  done
  _wfc_look "${paths[@]}"
  for _wfc_t in "${!_wfc_rows[@]}"; do
    ((${_wfc_unmet[_wfc_t]-0} == 0)) || continue
    if [[ -n ${recorded[_wfc_t]-} && -z $_wfc_stop ]]; then
      _wfc_read_row "$_wfc_t"
      _wfc_judge_producers
      [[ $_wfc_verdict != ok ]] || _wfc_judge_files
      if [[ $_wfc_verdict == ok ]] && _wfc_is_complete; then
        _wfc_skip "$_wfc_t"
        continue
      fi
    fi
    # Not yet: a task that has just been let go comes later in this loop, and would be listed twice.
    _wfc_status[_wfc_t]=first
  done
  _wfc_ready=()
  for _wfc_t in "${!_wfc_rows[@]}"; do
    [[ ${_wfc_status[_wfc_t]-} != first ]] || { _wfc_status[_wfc_t]='' && _wfc_ready+=("$_wfc_t"); }
  done
}

# Its record is written again, so that one journal tells all there is to know.
_wfc_skip() {
  local name=${_wfc_names[$1]} peak
  _wfc_own
  peak=${_wfc_peak[$name]-}
  _wfc_split_record "$name"
  _wfc_log_event "done" "$name" "${_wfc_recorded[@]}" "${_wfc_made[$name]}" ${peak:+"$peak"}
  # Left where an earlier attempt was killed between the record and this.
  _wfc_find_marker "$name"
  [[ -z $_wfc_marker || ! -e $_wfc_marker ]] || _wfc_drop_marker "$_wfc_marker"
  _wfc_skipped=$((_wfc_skipped + 1))
  _wfc_finish "$1"
}

_wfc_finish() {
  local d
  _wfc_status[$1]="done"
  for d in ${_wfc_dependents[$1]-}; do
    _wfc_unmet[d]=$((_wfc_unmet[d] - 1))
    ((_wfc_unmet[d] > 0)) || [[ -n ${_wfc_status[d]-} ]] || _wfc_ready+=("$d")
  done
}

# The task won't be done, nor will those that depend on it: `_wfc_give_up ROW failed|blocked CAUSE`.
_wfc_give_up() {
  local t d next=0
  local -a blocked=()
  _wfc_status[$1]=$2
  _wfc_known[${_wfc_names[$1]}]=$2
  if [[ $2 == failed ]]; then _wfc_failed=$((_wfc_failed + 1)); else blocked=("$1"); fi
  for ((t = $1; ; )); do
    for d in ${_wfc_dependents[t]-}; do
      [[ -z ${_wfc_status[d]-} ]] || continue
      _wfc_status[d]=blocked
      blocked+=("$d")
    done
    # Every blocked task is written and then followed, in turn.
    ((next < ${#blocked[@]})) || break
    t=${blocked[next]}
    next=$((next + 1))
    _wfc_log_event blocked "${_wfc_names[t]}" "$3"
    _wfc_known[${_wfc_names[t]}]=blocked
    _wfc_blocked=$((_wfc_blocked + 1))
  done
}

# The row is the current one: `_wfc_fail_before_start ROW PROBLEM`.
_wfc_fail_before_start() {
  _wfc_refuse "$2"
  _wfc_give_up "$1" failed "${_wfc_names[$1]}"
}
