# The journal: what happened to tasks, one line an event, fields separated by tabs, each line closed by a field `.`, so that
# a torn line is seen. It is only ever appended to. A record is a `done` line; states are `seconds.nanoseconds:bytes`.
#     run VERSION TIME HOST SLURM_ID
#     started TASK ATTEMPT SECONDS PROCESS_GROUP
#     done TASK FINGERPRINT CHECKS DURATION_SECONDS INPUTS OUTPUTS [PEAK_MIB]
#     failed TASK ATTEMPT STATUS PROBLEM [PEAK_MIB]    PROBLEM: a code and its details; ATTEMPT 0: it never started
#     blocked TASK CAUSE
#     interrupted TASK CAUSE SECONDS
#     preload ID SECONDS                       an interpreter is kept up, and how long its imports took
#     end STATUS
# Expects _wfc_journal, the file.
# shellcheck shell=bash disable=SC2004,SC2034,SC2154

# The same as JOURNAL_VERSION in src/resume/history.ts.
_wfc_journal_version=2

# One write a line, and the file is closed after it: on a network file system that is what lets others see the line, and
# what makes it outlive this node. Tasks of one make share a file.
_wfc_append() {
  local IFS=$'\t'
  printf '%s\t.\n' "$*" >>"$_wfc_journal"
}
