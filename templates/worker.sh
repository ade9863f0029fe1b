# Runs one task after another, each in a subshell of its own process group: a bash that stays alive costs a fork a task,
# where a new bash costs a start. Descriptor 3 brings messages (8 digits of length, then that many characters of bash),
# descriptor 4 takes reports: `s PID` when a task starts, `e STATUS` when it has ended.
# shellcheck shell=bash disable=SC2034
set -m
# shellcheck source=/dev/null
source "$1"
wfc_scratch=$2
# An output passes its checks, or the task has failed.
wfc_verify() {
  local wfc_file=$1 wfc_status
  set +e
  (
    set -e
    "$2"
  )
  wfc_status=$?
  set -e
  if ((wfc_status != 0)); then
    printf 'wfc: %s does not pass its check\n' "$wfc_file" >&2
    exit 1
  fi
}
while IFS= read -r -N 8 -u 3 wfc_length; do
  IFS= read -r -N "$((10#$wfc_length))" -u 3 wfc_message || exit 0
  (
    set +m
    set --
    set -euo pipefail
    eval "$wfc_message"
  ) 3<&- 4>&- </dev/null >"$wfc_scratch" 2>&1 &
  printf 's %s\n' "$!" >&4
  wait "$!" 2>/dev/null
  wfc_status=$?
  # What a task leaves running must not write to its outputs any more.
  kill -KILL -- "-$!" 2>/dev/null
  printf 'e %s\n' "$wfc_status" >&4
done
