# The end of an element: tidies up, says what came of its tasks, and asks for a new attempt where time ran out.
# shellcheck shell=bash disable=SC2004,SC2034,SC2154

_wfc_end() {
  local left=$((${#_wfc_rows[@]} - _wfc_done - _wfc_skipped - _wfc_failed - _wfc_blocked)) status=0 tasks=tasks were=were
  ((${#_wfc_rows[@]} != 1)) || tasks=task
  ((_wfc_skipped != 1)) || were=was
  _wfc_kill_tasks
  _wfc_close_lanes
  _wfc_own
  _wfc_write_events
  _wfc_remove_markers
  set +f
  command rm -f -- "$_wfc_scratch".*
  set -f
  _wfc_say "$_wfc_stage.$_wfc_element: ${#_wfc_rows[@]} $tasks: $_wfc_done done, $_wfc_skipped $were complete," \
    "$_wfc_failed failed, $_wfc_blocked blocked, $left not ended"
  if ((left > 0)) && [[ $_wfc_stop == limit || (-z $_wfc_stop && $_wfc_continued -gt 0) ]]; then
    # Once more, if that leads anywhere: an element that gets nothing done in its time would come back for ever. How often a
    # task goes on is counted with its checkpoint.
    if [[ -n $_wfc_slurm_id ]] && ((_wfc_continued > 0 || (_wfc_done > 0 && _wfc_restarts < 20))); then
      _wfc_own
      _wfc_say "$_wfc_stage.$_wfc_element: out of time: goes on in a new attempt"
      # The requeue ends this job by a signal, which must not end scontrol before that has its answer.
      trap '' TERM
      # No `end`: the element has not ended, and its consumers must not take it for that.
      # shellcheck disable=SC2016 # Read by that bash.
      command timeout -s KILL 30 bash -c 'trap "" TERM; unset "${!SCONTROL_@}"; exec scontrol requeue "$1"' bash "$_wfc_slurm_id" && exit 1
    fi
    status=1
  elif ((left > 0)); then
    case $_wfc_stop in interrupted) status=130 ;; cancelled) status=143 ;; *) status=1 ;; esac
  elif ((_wfc_failed + _wfc_blocked > 0)); then
    status=$_wfc_exit_failed
  fi
  _wfc_own
  _wfc_log_event end "$status"
  _wfc_write_events
  exit "$status"
}
