# Checkpoints: where a task that takes longer than its time saves how far it has come. It is warned in time, may end as it
# likes, and goes on in a new attempt, as long as the checkpoint has changed. Nothing but success removes it, or a change of what
# it is of: wfc notes that in wfc_note, one tab-separated line that a mark closes (the same in src/execute/attempt/checkpoint.ts):
#     VERSION FINGERPRINT INPUTS CONTINUED ATTEMPT
# FINGERPRINT is that of a record, INPUTS the states of the inputs in whole seconds; CONTINUED, how often the task went on
# since it failed or began; ATTEMPT, the number of the last one.
# Expects, of a task that has one (wfc_continues is not ''): wfc_checkpoints, wfc_note, wfc_warn_seconds, wfc_warn_signal, and
# wfc_keeps (0/1). By lane: _wfc_lane_saved (the states of the checkpoint when the attempt began), _wfc_lane_continued,
# _wfc_lane_warn (when it is to be warned, of the clock; '': not, or not again), _wfc_lane_warned, _wfc_lane_signal.
# shellcheck shell=bash disable=SC2004,SC2034,SC2154

# The attempt that is about to start in lane $1 has the number _wfc_number, and finds no checkpoint but its own; what was
# removed stands in _wfc_removed.
_wfc_begin_checkpoint() {
  local path note='' IFS=$'\037'
  local -a fields=()
  _wfc_lane_continued[$1]=0 _wfc_number=0 _wfc_removed=()
  _wfc_note_inputs "${_wfc_lane_inputs[$1]}"
  IFS= read -r note 2>/dev/null <"$wfc_note"
  # Tabs count as blanks for bash, which would lose empty fields.
  # shellcheck disable=SC2206
  fields=(${note//$'\t'/$'\037'})
  if [[ ${#fields[@]} == 6 && ${fields[0]} == 1 && ${fields[5]} == . && ${fields[3]}${fields[4]} != *[!0-9]* ]]; then
    if [[ ${fields[1]} == "$_wfc_fingerprint${_wfc_lane_code[$1]}" && ${fields[2]} == "$_wfc_text" ]]; then
      _wfc_lane_continued[$1]=${fields[3]} _wfc_number=${fields[4]}
    else
      for path in "${wfc_checkpoints[@]}"; do [[ ! -e $path ]] || _wfc_removed+=("$path"); done
      _wfc_remove "${wfc_checkpoints[@]}"
    fi
  fi
  _wfc_number=$((_wfc_number + 1))
  _wfc_write_note "$1" "$_wfc_number"
  for path in "${wfc_checkpoints[@]}"; do _wfc_make_parent "$path"; done
  _wfc_checkpoint_states
  _wfc_lane_saved[$1]=$_wfc_text _wfc_lane_warned[$1]='' _wfc_lane_signal[$1]=$wfc_warn_signal _wfc_lane_patience[$1]=$wfc_warn_seconds
}

# The note of the attempt in lane $1, whose number is $2. A rename: nobody reads half of it.
_wfc_write_note() {
  _wfc_note_inputs "${_wfc_lane_inputs[$1]}"
  _wfc_make_parent "$wfc_note"
  printf '1\t%s\t%s\t%s\t%s\t.\n' "$_wfc_fingerprint${_wfc_lane_code[$1]}" "$_wfc_text" "${_wfc_lane_continued[$1]}" "$2" \
    >"$wfc_note.new" && command mv -f -- "$wfc_note.new" "$wfc_note"
}

# The states $1 of inputs in whole seconds, in _wfc_text: programs round the fraction differently.
_wfc_note_inputs() {
  local d='[0-9]'
  _wfc_text=$1
  if [[ $1 == '#'* ]]; then
    _wfc_text=${1%%:*}:${1##*:}
  else
    _wfc_text=${1//.$d$d$d$d$d$d$d$d$d:/:}
  fi
}

# What the checkpoint is now, in _wfc_text; of a folder all that lies in it counts.
_wfc_checkpoint_states() {
  local path
  for path in "${wfc_checkpoints[@]}"; do _wfc_is_summed[$path]=1; done
  _wfc_look "${wfc_checkpoints[@]}"
  _wfc_now=()
  for path in "${wfc_checkpoints[@]}"; do _wfc_now+=("${_wfc_state[$path]:--}"); done
  _wfc_states_text
}

# The attempt in lane $1 has left something new. Else it would go on for ever, from nowhere to nowhere.
_wfc_has_saved() {
  local path
  _wfc_checkpoint_states
  [[ $_wfc_text != "${_wfc_lane_saved[$1]}" ]] || return 1
  for path in "${wfc_checkpoints[@]}"; do [[ -z ${_wfc_state[$path]} ]] || return 0; done
  return 1
}

# The job's time was up, and so the attempt in lane $1 was stopped: that is like a limit of its own, where it has saved.
_wfc_judge_job_limit() {
  _wfc_has_saved "$1" || return 0
  if ((_wfc_lane_continued[$1] < wfc_continues)); then
    _wfc_continue "$1"
  elif [[ -n ${_wfc_lane_limit[$1]} ]]; then
    _wfc_outcome=failed _wfc_problem=time_limit:${_wfc_lane_limit[$1]}
  fi
}

_wfc_continue() {
  _wfc_outcome=continued
  _wfc_lane_continued[$1]=$((_wfc_lane_continued[$1] + 1))
  _wfc_write_note "$1" "${_wfc_lane_attempt[$1]}"
}

# The attempt in lane $1 failed, for _wfc_problem: whether, being warned, it goes on instead; _wfc_outcome is then continued.
_wfc_judge_checkpoint() {
  if [[ -n ${_wfc_lane_warned[$1]} && $_wfc_problem != out_of_memory && $_wfc_problem != shell_lost ]]; then
    if ! _wfc_has_saved "$1"; then
      _wfc_problem=no_checkpoint:${_wfc_lane_limit[$1]}:${wfc_checkpoints[0]}
    elif ((_wfc_lane_continued[$1] >= wfc_continues)); then
      _wfc_problem=time_limit:${_wfc_lane_limit[$1]}
    else
      _wfc_continue "$1"
      return
    fi
  fi
  # Whoever tries again goes on from what is there, as often as from the start.
  ((_wfc_lane_continued[$1] == 0)) || { _wfc_lane_continued[$1]=0 && _wfc_write_note "$1" "${_wfc_lane_attempt[$1]}"; }
}

# The record of its task is written: the checkpoint has served.
_wfc_drop_checkpoint() {
  ((wfc_keeps)) || _wfc_remove "${wfc_checkpoints[@]}" "$wfc_note"
}

# The task in lane $1 is told that its time is nearly up, and saves.
_wfc_warn_task() {
  _wfc_lane_warn[$1]='' _wfc_lane_warned[$1]=1
  printf 'wfc: %s s before its time limit: SIG%s, to save\n' "${_wfc_lane_patience[$1]}" "${_wfc_lane_signal[$1]}" >>"${_wfc_lane_file[$1]}"
  _wfc_signal "$1" "${_wfc_lane_signal[$1]}"
}
