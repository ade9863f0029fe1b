# The command of a task, in the subshell that runs it.
# shellcheck shell=bash disable=SC2004,SC2034,SC2154

# Asked to stop, a bash ends at once and leaves what it runs behind, to be killed: let that end in its own time first.
_wfc_stop_gently() {
  trap 'wait; exit 143' TERM
}
