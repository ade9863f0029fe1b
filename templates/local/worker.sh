# Runs one task after another, each in a subshell of its own process group: a bash that stays alive costs a fork a task,
# where a new bash costs a start. Descriptor 3 brings messages (8 digits of length, then that many characters of bash),
# descriptor 4 takes a report, `e STATUS`, when a task has ended; standard input ends when wfc does. Descriptor 5 is the
# journal, to which a task itself writes that it has started: wfc need not wake up for that.
# shellcheck shell=bash disable=SC2034,SC2154

set -m
# shellcheck source=/dev/null
source "$1"
wfc_scratch=$2
wfc_journal=$3
_wfc_check_file=$2.check
# A task that is paused (SIGSTOP) has not ended, though wait returns for that too under job control. Bash 4 has no -f.
wfc_wait=(wait)
((BASH_VERSINFO[0] >= 5)) && wfc_wait=(wait -f)
# The first act of a task. TASK ATTEMPT SECONDS, for a line of the journal: see src/resume/history.ts.
wfc_started() {
  printf 'started\t%s\t%s\t%s\t%s\t.\n' "$@" "$BASHPID" >&5
  exec 5>&-
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
  kill -KILL "$$"
) <&0 3<&- 4>&- >/dev/null 2>&1 &
# A task has nothing to read, and inherits that.
exec </dev/null 5>>"$wfc_journal"
while :; do
  # Forked ahead: its message finds it ready. At the end of messages nothing runs here, and the worker is to end.
  (
    set +m -euo pipefail --
    _wfc_stop_gently
    { IFS= read -r -N 8 -u 3 wfc_length && IFS= read -r -N "$((10#$wfc_length))" -u 3 wfc_message; } || kill -KILL "$$"
    # Only now: the scratch file of the task before may have become its log.
    exec 3<&- 4>&- >>"$wfc_scratch" 2>&1
    eval "$wfc_message"
  ) &
  {
    "${wfc_wait[@]}" "$!"
    wfc_status=$?
    # What a task leaves running must not write to its outputs any more.
    kill -KILL -- "-$!"
    printf 'e %s\n' "$wfc_status" >&4
    # A job that was signalled after it ended counts as one still to be told of: bash would keep them all, and each
    # subshell would copy and free the whole table.
    disown -a
  } 2>/dev/null
done
