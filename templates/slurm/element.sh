# Runs the tasks of one element of a job array. Needs bash 4.3, coreutils and Slurm's commands, nothing else.
#
# Slurm decides when an element starts; this file decides what may run in it, by files and records. It is the same for
# every experiment: what differs lies beside it in the artifacts folder D (rules.sh, tables/, lists/, scripts/). The
# working directory is the spec's folder. A stage script is
#
#     source "$1/runner.sh"      # $1 = D, $2 = journal folder of this submission, e.g. .wfc/journal/000007-slurm-ID
#     wfc_run_element STAGE "$1" "$2"      # exits; STAGE has no dots; never behind || && if, which would defeat set -e
#
# and may set before the call:
#     wfc_stage_exit=0|1         status to exit with when tasks failed or were blocked (1)
#     wfc_lanes=N                tasks at a time (1)
#     wfc_same_element=(STAGE …) stages whose records matter, of the element with the same index only
#     wfc_all_elements=(STAGE …) stages whose records matter, of all elements
#     wfc_wait_seconds=60        how long one element waits in all, idle, for files and records that are late
#     wfc_element=I              the element, in place of SLURM_ARRAY_TASK_ID: runs a stage without Slurm
#
# tables/STAGE.index: line I + 1 is `FIRSTLINE COUNT BYTEOFFSET BYTES` (the offset from 0) of element I in STAGE.tsv.
# tables/STAGE.tsv: a row is a task, tab-separated: `RULE FINGERPRINT LIST V1 V2 …` (LIST: id of the gather lists or `-`;
# V…: texts, never empty, no control characters). Inside an element a task comes after those that it depends on.
#
# rules.sh defines per rule NAME:
#     wfc_rule_NAME              the command; wfc_check_NAME_O: the check of output O, whose path is in wfc_file
#     wfc_paths_NAME LIST V1 …   sets wfc_inputs, wfc_from (name of the producer, where this submission makes the input;
#                                else ''), wfc_from_output (position of that output; -1 for a path inside a directory
#                                output), wfc_ancient (0/1), wfc_outputs, wfc_log. Fails where a list can't be read.
#                                Adds to wfc_summed: directories whose state is that of the files below them.
#                                Where it has a checkpoint, wfc_checkpoints (its paths) and wfc_note (see checkpoint.sh).
#     wfc_settings_NAME V1 …     sets wfc_retries, wfc_time_seconds ('': none), wfc_checks_id, and one for each output:
#                                wfc_directory, wfc_temp, wfc_protected (0/1), wfc_min_bytes ('': none), wfc_has_check
#                                For a rule with code wfc_code, too: files whose content counts in the fingerprint.
#                                For one with a checkpoint wfc_continues, wfc_warn_seconds, wfc_warn_signal, wfc_keeps.
#                                And wfc_settings_vary=1 where they are not the same for all tasks of the rule, and
#                                wfc_here=1 where there is a
#     wfc_here_NAME LIST V1 …    the command with its variables, after wfc_paths_NAME and wfc_attempt: it starts no process,
#                                and leaves its shell as it was
#     wfc_bind_NAME LIST V1 …    sets the command's variables, after wfc_paths_NAME and wfc_attempt
# The FINGERPRINT of a row is that of the command; in a record the code that ran follows it (see _wfc_find_code).
# A task's name is its first output's path. `wfc_artifacts` holds D.
#
# Journal folder: `STAGE.I.tsv` is what the first attempt at an element did, `STAGE.I.ATTEMPT.tsv` what a later one did,
# and `owner/STAGE.I`, which is there only where a later one was, names the newest. Their lines are told below, in
# journal.sh.
#
# Names: `wfc_…` are the interface and the variables of commands, and a param may be called anything. So what this file
# keeps for itself begins with `_wfc_`, also the locals of functions out of which a command is started: the command is
# forked there and would see them.
# shellcheck shell=bash disable=SC2004,SC2030,SC2031,SC2034,SC2154

wfc_run_element() {
  _wfc_stage=$1 wfc_artifacts=${2%/} _wfc_folder=${3%/}
  _wfc_prepare
  _wfc_take_element
  _wfc_load_rows "$_wfc_stage" "$_wfc_element" || _wfc_die "its rows in $wfc_artifacts/tables can't be read"
  _wfc_open_lanes
  _wfc_read_rows
  _wfc_read_history
  _wfc_list_sources
  _wfc_read_sources
  _wfc_skip_complete
  _wfc_run_tasks
  _wfc_end
}

_wfc_prepare() {
  # No set -u: bash 4.3 takes an empty array for an unset one. No globbing but where it is asked for: paths stay as they are.
  set +eu -f
  # Options that the user exports are neither for this script nor for commands, which run alike everywhere. (Functions are,
  # and where one is named as a program that is called here, `command` passes it over.)
  shopt -u failglob nullglob nocasematch nocaseglob dotglob
  export -n SHELLOPTS BASHOPTS
  # Under it `read` gives up: that of the watchman, who would then kill what runs.
  unset TMOUT
  _wfc_element=${wfc_element:-${SLURM_ARRAY_TASK_ID:-0}}
  _wfc_lanes=${wfc_lanes:-1} _wfc_exit_failed=${wfc_stage_exit:-1} _wfc_wait_seconds=${wfc_wait_seconds:-60}
  # The task's state by its row: '' (not decided), running, done, failed, blocked, interrupted.
  declare -g -a _wfc_status=() _wfc_tries=() _wfc_unmet=() _wfc_dependents=() _wfc_ready=() _wfc_later=()
  declare -g -a _wfc_names=() _wfc_inputs_of=() _wfc_rows=() _wfc_markers=() _wfc_lane_pid=() _wfc_lane_task=() _wfc_lane_attempt=() _wfc_lane_inputs=()
  declare -g -a _wfc_lane_marker=() _wfc_lane_began=() _wfc_lane_limit=() _wfc_lane_kill=() _wfc_lane_stop=() _wfc_lane_log=() _wfc_lane_file=()
  declare -g -a _wfc_lane_peak=() _wfc_lane_code=() _wfc_lane_took=() _wfc_lane_status=()
  declare -g -a _wfc_lane_saved=() _wfc_lane_continued=() _wfc_lane_warn=() _wfc_lane_warned=() _wfc_lane_signal=() _wfc_lane_patience=()
  declare -g -a _wfc_lane_launcher=() _wfc_lane_tell=() _wfc_lane_ahead=() _wfc_idle=()
  # By task name. _wfc_known: the last event in the journals that count; _wfc_wanted: made elsewhere, and read here.
  declare -g -A _wfc_known=() _wfc_record=() _wfc_made=() _wfc_cause=() _wfc_home=() _wfc_wanted=() _wfc_where=() _wfc_row_of=()
  declare -g -A _wfc_problems=() _wfc_failed_since=() _wfc_peak=()
  # By path, as last looked at: the state ('' for a missing file), and 1 for a directory.
  declare -g -A _wfc_state=() _wfc_is_directory=() _wfc_is_summed=()
  declare -g -A _wfc_uses_log=()
  # By path, of code files: the state in which its content was last read, and the digest of that.
  declare -g -A _wfc_code_state=() _wfc_code_digest=()
  _wfc_done=0 _wfc_skipped=0 _wfc_failed=0 _wfc_blocked=0 _wfc_interrupted=0 _wfc_continued=0 _wfc_running=0 _wfc_next=0
  _wfc_stop='' _wfc_unwritten='' _wfc_seen_ahead='' _wfc_current='' _wfc_settings_rule='' _wfc_patient=1 _wfc_waited=0 _wfc_nap=0.2 _wfc_ticked=0 _wfc_us=0 _wfc_own_seconds=0 _wfc_sources_seconds=0
  # Bytes, not characters, and a point in decimals; a task gets its own locale back.
  _wfc_had_locale=${LC_ALL+yes} _wfc_locale=${LC_ALL-}
  export LC_ALL=C
  _wfc_host=${HOSTNAME//[^A-Za-z0-9._-]/_}
  if [[ -z ${wfc_element-} && -n ${SLURM_JOB_ID-} ]]; then
    # Never SLURM_JOB_ID in an array: in the last element it equals the id of the whole array.
    _wfc_slurm_id=${SLURM_ARRAY_JOB_ID:+${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}}
    _wfc_slurm_id=${_wfc_slurm_id:-$SLURM_JOB_ID}
    _wfc_restarts=${SLURM_RESTART_COUNT:-0}
  else
    _wfc_slurm_id=
    _wfc_restarts=0
  fi
  _wfc_attempt=${_wfc_slurm_id:-local_$_wfc_element}.$_wfc_restarts.$BASHPID.$_wfc_host
  _wfc_scratch=$_wfc_folder/scratch/$_wfc_stage.$_wfc_element.$_wfc_attempt
  _wfc_oom_alone=$((_wfc_lanes == 1))
  # The job's own end is near where all is stopped: little time is left to tidy up.
  _wfc_grace_seconds=5 _wfc_run=$_wfc_folder
  # shellcheck source=/dev/null
  source "$wfc_artifacts/rules.sh" || _wfc_die "can't read $wfc_artifacts/rules.sh"
  # The handlers only take note: a loop looks at the note between two steps, and no line or file is left half-done.
  trap '_wfc_stop=${_wfc_stop:-limit}' USR1
  trap '_wfc_stop=cancelled' TERM HUP
  trap '_wfc_stop=interrupted' INT
  trap ':' PIPE
  exec {_wfc_watch}> >(_wfc_watchman <&0 >/dev/null 2>&1 &)
  # A pipe that this shell holds at both ends.
  exec {_wfc_look_at}<> <(:)
  exec {_wfc_seen}< <(_wfc_looker 2>/dev/null &)
  _wfc_has_looker=1
}

_wfc_say() {
  printf 'wfc: %s\n' "$*"
}

_wfc_die() {
  _wfc_say "$_wfc_stage.$_wfc_element: $*" >&2
  _wfc_kill_tasks
  exit 1
}

# Knows the process group of each lane, from what launchers report. Where the runner is killed outright, its input ends, and
# it kills them: nobody else is left to do so.
_wfc_watchman() {
  local -a groups=() fields
  local text
  trap '' HUP INT TERM USR1
  while IFS= read -r -N "$_wfc_report_length" text; do
    # shellcheck disable=SC2206
    fields=($text)
    groups[fields[0]]=${fields[2]}
  done
  for text in "${groups[@]}"; do kill -KILL -- "-$text"; done
  for text in "${!groups[@]}"; do _wfc_kill_preloaded "$_wfc_scratch.$text"; done
}
