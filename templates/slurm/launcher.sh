# The launcher of a lane: a bash that stays and forks the lane's tasks. It knows the rules and nothing else: a fork costs
# by the pages of memory that either side touches after it, and this element's own process holds much that it touches.
# The subshell for a task is forked ahead of it and waits for a message, so that its process group is known, and journalled,
# before anything runs.
# A task that needs no process is run by the subshell itself, which then waits for another.
#     message   LENGTH, in 8 digits, and then the row of the task with four fields between its LIST and its first V: GROUP
#               (the subshell that is meant), ATTEMPT, FILE (where the attempt writes), and HOW: `here` (without a process),
#               `checks` (the task has some) or `-`
#     report    LANE STATUS GROUP in 5, 5 and 10 characters: how the task before ended (`-` for none), and what takes the next
# Reading texts of a known length takes one system call a text, where a line from a pipe takes one a character.
# Expects _wfc_scratch, and the rules.
# shellcheck shell=bash disable=SC2004,SC2030,SC2031,SC2034,SC2154

_wfc_report_length=20

_wfc_open_lanes() {
  local _wfc_lane _wfc_name
  # A function of the user may do anything.
  _wfc_can_here=1
  for _wfc_name in : echo printf true; do ! declare -F -- "$_wfc_name" >/dev/null || _wfc_can_here=; done
  # Pipes that this shell holds at both ends. Who has reported rings: see _wfc_await.
  exec {_wfc_reports}<> <(:)
  exec {_wfc_bell}<> <(:)
  for ((_wfc_lane = 0; _wfc_lane < _wfc_lanes && _wfc_lane < ${#_wfc_rows[@]}; _wfc_lane++)); do _wfc_open_lane "$_wfc_lane"; done
}

_wfc_open_lane() {
  local _wfc_tell
  exec {_wfc_tell}<> <(:)
  # In a process group of its own: it hears no Ctrl-C.
  set -m
  _wfc_launcher "$1" "$_wfc_tell" "${_wfc_lane_tell[@]}" "$_wfc_watch" "$_wfc_look_at" "$_wfc_seen" &
  set +m
  _wfc_lane_launcher[$1]=$! _wfc_lane_tell[$1]=$_wfc_tell _wfc_lane_ahead[$1]=
}

_wfc_close_lane() {
  local _wfc_tell=${_wfc_lane_tell[$1]}
  exec {_wfc_tell}>&-
  unset "_wfc_lane_tell[$1]"
}

# At the end of an element: nothing of a lane outlives it, and what its tasks took is counted as the element's.
_wfc_close_lanes() {
  local lane
  for lane in "${!_wfc_lane_launcher[@]}"; do
    kill -KILL "${_wfc_lane_launcher[lane]}"
    wait "${_wfc_lane_launcher[lane]}"
    [[ -z ${_wfc_lane_ahead[lane]} ]] || kill -KILL -- "-${_wfc_lane_ahead[lane]}"
    _wfc_kill_preloaded "$_wfc_scratch.$lane"
  done 2>/dev/null
}

# `_wfc_launcher LANE TELL DESCRIPTOR…`: messages come from TELL. It ends with who writes to that, and so nobody else may
# hold it open: what this shell has of the kind for others is closed.
_wfc_launcher() {
  local _wfc_fd _wfc_told _wfc_ended=- _wfc_self=$BASHPID
  # scancel signals all processes. A task gets back what was usual; not so with INT, which may have been ignored all along:
  # where that ends this shell, the runner hears it, too, and interrupts the task.
  trap '' HUP TERM USR1
  # A task has nothing to read, and inherits that.
  exec </dev/null {_wfc_told}<"/dev/fd/$2"
  for _wfc_fd in "${@:2}"; do exec {_wfc_fd}>&-; done
  _wfc_check_file=$_wfc_scratch.check-$1
  _wfc_preload_home=$_wfc_scratch.$1 _wfc_preload_folder=$wfc_artifacts/preload
  while :; do
    # It leads a process group, so that all that it starts can be stopped. Job control is on for that moment only, because
    # under it `wait` also returns for a task that is merely suspended.
    set -m
    (
      set +m
      _wfc_await_task "$1"
      exec >>"${_wfc_values[2]}" 2>&1 {_wfc_reports}>&- {_wfc_bell}>&- {_wfc_told}<&- || exit 1
      trap - HUP USR1
      set -- "${_wfc_values[@]:1:3}"
      _wfc_values=("${_wfc_values[@]:4}")
      _wfc_read_paths || exit 1
      [[ $3 != checks ]] || _wfc_read_settings
      _wfc_run_command "$1"
    ) &
    set +m
    _wfc_report "$1" "$_wfc_ended" "$!"
    {
      wait "$!"
      _wfc_ended=$?
      # What a task leaves running must not write to its outputs any more.
      kill -KILL -- "-$!"
      [[ ! -s $_wfc_preload_home.group ]] || _wfc_kill_preloaded "$_wfc_preload_home"
      # Bash would remember each of them, and each fork would copy and free all that.
      disown -a
    } 2>/dev/null
  done
}

_wfc_report() {
  printf '%5d%5s%10d' "$@" >&"$_wfc_reports"
  printf . >&"$_wfc_bell"
}

# Until there is a task for this subshell, of lane $1, that ends with it. A message for another is for one that was killed
# before it read it.
_wfc_await_task() {
  local length text
  while :; do
    # All that wrote to it is gone.
    { IFS= read -r -N 8 -u "$_wfc_told" length && IFS= read -r -N "$((10#$length))" -u "$_wfc_told" text; } || {
      kill -KILL "$_wfc_self"
      exit
    }
    _wfc_split_row "$text"
    [[ ${_wfc_values[0]} == "$BASHPID" ]] || continue
    [[ ${_wfc_values[3]} == here ]] || return 0
    _wfc_run_here "${_wfc_values[@]:1:2}"
    _wfc_report "$1" "$?" "$BASHPID"
  done
}

# `_wfc_run_here ATTEMPT FILE`
_wfc_run_here() {
  _wfc_values=("${_wfc_values[@]:4}")
  _wfc_read_paths || return
  wfc_attempt=$1
  "wfc_here_$_wfc_rule" "$_wfc_list" "${_wfc_values[@]}" >>"$2" 2>&1
}

# Runs the current task in lane $1, where a subshell waits for it.
_wfc_launch() {
  local message how=-
  [[ ${wfc_has_check[*]} != *1* ]] || how=checks
  [[ -z $wfc_here || -z $_wfc_can_here ]] || ! _wfc_can_run_here "$1" || how=here
  printf -v message '%s\t' "$_wfc_rule" "$_wfc_fingerprint" "$_wfc_list" "${_wfc_lane_pid[$1]}" "${_wfc_lane_attempt[$1]}" \
    "${_wfc_lane_file[$1]}" "$how" "${_wfc_values[@]}"
  printf '%08d%s' "${#message}" "$message" >&"${_wfc_lane_tell[$1]}"
}

# Not where it might write to a descriptor of that shell by name, or to a log of the user's, which is anywhere; nor where what
# it writes depends on the locale: there bash reads escapes and quotes as characters.
_wfc_can_run_here() {
  local text="${_wfc_values[*]} ${wfc_inputs[*]} ${wfc_outputs[*]}"
  [[ $text != *[!\ -~]* && $text != *[\\\'\"]* && $text != */dev/* && $text != */proc/* && ${_wfc_lane_file[$1]} != "$wfc_log" ]]
}
