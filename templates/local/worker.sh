# Runs one task after another: a bash that stays alive costs a fork a task, or none, where a new bash costs a start.
# Descriptor 3 brings messages: 4 digits of the way, 8 of the length, then that many characters of bash. The way is 0 for a
# subshell of its own process group, 1 for here (it starts no process and leaves its shell as it was), and N from 2 on for
# such a subshell that may become its last program: see `wfc_find_programs`. Descriptor 4 takes a report, `e STATUS`, when a
# task has ended; see `_wfc_look_at_signal`. Standard input ends when wfc does. Descriptor 5 is the journal, to which a task
# itself writes that it has started: wfc need not wake up for that.
# shellcheck shell=bash disable=SC2034,SC2154

set -m
# For the way N: whether PROGRAMs are programs, and not functions of the user: `wfc_find_programs N PROGRAM…`. Where they
# lie is looked up by each task, for another may have made one.
wfc_find_programs() {
  local program
  for program in "${@:2}"; do
    ! declare -F -- "$program" >/dev/null || return 0
    type -P -- "$program" >/dev/null || return 0
  done
  declare -F exec >/dev/null || _wfc_execs[$1]='exec'
  # No trap then: there is nothing else that it would wait for.
  (($# > 2)) || _wfc_is_alone[$1]=1
}
_wfc_execs=() _wfc_is_alone=()
# shellcheck source=/dev/null
source "$1"
_wfc_scratch=$2
_wfc_check_file=$2.check
_wfc_journal=$3 _wfc_preload_home=$2 _wfc_preload_folder=${1%/*}/preload
# A function of the user may do anything.
_wfc_can_here=1
for _wfc_name in : echo printf true; do
  ! declare -F -- "$_wfc_name" >/dev/null || _wfc_can_here=
done
# The first act of a task. TASK ATTEMPT SECONDS, for a line of the journal: see src/resume/history.ts.
wfc_started() {
  printf 'started\t%s\t%s\t%s\t%s\t.\n' "$@" "$BASHPID" >&5
  [[ $BASHPID == "$$" ]] || exec 5>&-
}
# A function: no value outlives its task.
_wfc_here() {
  eval "$_wfc_source"
}
# For a status beyond 128 of the last task, which is in _wfc_status. A task that is paused (SIGSTOP) has not ended, though
# wait returns for that: it is asked for again, for `wait -f` may go on for ever where a signal ends the task (of a process
# that it has forgotten, bash 5.2 reads whether it is alive). Where the task became its program, adds what bash would have
# said of that: ` LINE FILE`, where its function is defined, and behind a tab what it said here (`worker.sh: line 9: 4242
# Segmentation fault  ( set +m …`).
_wfc_look_at_signal() {
  local said where
  while kill -0 "$!"; do
    command sleep 0.1
    : >"$_wfc_scratch.signal"
    wait "$!" 2>&6
    _wfc_status=$?
  done
  IFS= read -r -d '' said <"$_wfc_scratch.signal"
  : >"$_wfc_scratch.signal"
  [[ -n $_wfc_exec && -n $said && $_wfc_status -gt 128 ]] || return 0
  where=$(shopt -s extdebug && declare -F "${_wfc_source##*$'\n'}")
  printf -v _wfc_status '%s %s\t%s' "$_wfc_status" "${where#* }" "${said%%$'\n'*}"
}
# Where wfc is killed outright, nobody else is left to stop its task: a half-done one must not write on.
(
  set +m
  trap '' HUP INT TERM
  read -r
  # First no new task may start.
  kill -STOP "$$"
  # Nothing is forked here where the kernel lists children by itself: at a limit of processes that fails, and the stopped
  # shell would stay for ever.
  wfc_children=/proc/$$/task/$$/children
  if [[ -r $wfc_children ]]; then read -r wfc_children <"$wfc_children"; else wfc_children=$(pgrep -P "$$"); fi
  for wfc_child in $wfc_children; do
    [[ $wfc_child == "$BASHPID" ]] || kill -KILL -- "-$wfc_child"
  done
  _wfc_kill_preloaded "$_wfc_scratch"
  kill -KILL "$$"
) <&0 3<&- 4>&- >/dev/null 2>&1 &
# A task has nothing to read, and inherits that. 6: what bash says of a task that a signal has ended.
exec </dev/null 5>>"$3" 6>>"$2.signal" 7>/dev/null
while IFS= read -r -N 12 -u 3 _wfc_head && IFS= read -r -N "$((10#$_wfc_head % 100000000))" -u 3 _wfc_source; do
  _wfc_way=$((10#$_wfc_head / 100000000))
  if ((_wfc_way == 1)) && [[ -n $_wfc_can_here ]]; then
    _wfc_here >>"$_wfc_scratch" 2>&1
    printf 'e %s\n' "$?" >&4
    continue
  fi
  _wfc_exec=
  ((_wfc_way < 2)) || _wfc_exec=${_wfc_execs[_wfc_way]-}
  (
    set +m -euo pipefail --
    [[ -n $_wfc_exec && -n ${_wfc_is_alone[_wfc_way]-} ]] || _wfc_stop_gently
    exec 3<&- 4>&- 6>&- 7>&- >>"$_wfc_scratch" 2>&1
    if ((_wfc_way == 1)); then _wfc_here; else eval "$_wfc_source"; fi
  ) &
  {
    wait "$!"
    _wfc_status=$?
  } 2>&6
  {
    ((_wfc_status <= 128)) || _wfc_look_at_signal
    # What a task leaves running must not write to its outputs any more.
    kill -KILL -- "-$!"
    _wfc_kill_preloaded "$_wfc_scratch"
    printf 'e %s\n' "$_wfc_status" >&4
    # A job that was signalled after it ended counts as one still to be told of: bash would keep them all, and each
    # subshell would copy and free the whole table.
    disown -a
  } 2>&7
done
