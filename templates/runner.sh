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
#     wfc_settings_NAME V1 …     sets wfc_retries, wfc_time_seconds ('': none), wfc_checks_id, and one for each output:
#                                wfc_directory, wfc_temp, wfc_protected (0/1), wfc_min_bytes ('': none), wfc_has_check
#                                For a rule with code wfc_code, too: files whose content counts in the fingerprint.
#     wfc_bind_NAME LIST V1 …    sets the command's variables, after wfc_paths_NAME and wfc_attempt
# The FINGERPRINT of a row is that of the command; in a record the code that ran follows it (see _wfc_find_code).
# A task's name is its first output's path. `wfc_artifacts` holds D.
#
# Journal folder: `STAGE.I.tsv` is what the first attempt at an element did, `STAGE.I.ATTEMPT.tsv` what a later one did,
# and `owner/STAGE.I`, which is there only where a later one was, names the newest. A journal is only ever appended to, one
# line an event, fields separated by tabs, each line closed by a field `.`, so that a torn line is seen. A record is a
# `done` line; states are `seconds.nanoseconds:bytes`.
#     run TIME HOST SLURM_ID
#     started TASK ATTEMPT SECONDS PROCESS_GROUP
#     done TASK FINGERPRINT CHECKS DURATION_SECONDS INPUTS OUTPUTS [PEAK_MIB]
#     failed TASK ATTEMPT STATUS REASON [PEAK_MIB]
#     blocked TASK CAUSE
#     interrupted TASK CAUSE SECONDS
#     end STATUS
#
# Names: `wfc_…` are the interface and the variables of commands, and a param may be called anything. So what this file
# keeps for itself begins with `_wfc_`, also the locals of functions out of which a command is started: the command is
# forked there and would see them.
# shellcheck shell=bash disable=SC2034,SC2154

wfc_run_element() {
  _wfc_stage=$1 wfc_artifacts=${2%/} _wfc_folder=${3%/}
  _wfc_prepare
  _wfc_take_element
  _wfc_read_rows
  _wfc_read_history
  _wfc_list_sources
  _wfc_read_sources
  _wfc_skip_complete
  _wfc_run_tasks
  _wfc_end
}

# --- setting out ---

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
  declare -g -a _wfc_names=() _wfc_rows=() _wfc_markers=() _wfc_lane_pid=() _wfc_lane_task=() _wfc_lane_attempt=() _wfc_lane_inputs=()
  declare -g -a _wfc_lane_began=() _wfc_lane_limit=() _wfc_lane_kill=() _wfc_lane_stop=() _wfc_lane_log=() _wfc_lane_file=()
  declare -g -a _wfc_lane_peak=() _wfc_lane_code=()
  # By task name. _wfc_known: the last event in the journals that count.
  declare -g -A _wfc_known=() _wfc_record=() _wfc_made=() _wfc_cause=() _wfc_home=() _wfc_where=() _wfc_row_of=()
  declare -g -A _wfc_reason=() _wfc_failed_since=() _wfc_peak=()
  # By path, as last looked at: the state ('' for a missing file), and 1 for a directory.
  declare -g -A _wfc_state=() _wfc_is_directory=() _wfc_is_summed=()
  declare -g -A _wfc_uses_log=()
  # By path, of code files: the state in which its content was last read, and the digest of that.
  declare -g -A _wfc_code_state=() _wfc_code_digest=()
  _wfc_done=0 _wfc_skipped=0 _wfc_failed=0 _wfc_blocked=0 _wfc_interrupted=0 _wfc_running=0 _wfc_next=0
  _wfc_stop='' _wfc_pause=0.02 _wfc_seen_ahead='' _wfc_patient=1 _wfc_waited=0 _wfc_nap=0.2 _wfc_ticked=0 _wfc_own_seconds=0 _wfc_sources_seconds=0
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
  _wfc_oom_alone=$((_wfc_lanes == 1))
  _wfc_find_oom_counter
  # shellcheck source=/dev/null
  source "$wfc_artifacts/rules.sh" || _wfc_die "can't read $wfc_artifacts/rules.sh"
  # The handlers only take note: a loop looks at the note between two steps, and no line or file is left half-done.
  trap '_wfc_stop=${_wfc_stop:-limit}' USR1
  trap '_wfc_stop=cancelled' TERM HUP
  trap '_wfc_stop=interrupted' INT
  trap ':' PIPE
  exec {_wfc_watch}> >(_wfc_watchman <&0 >/dev/null 2>&1 &)
  # Pipes that this shell holds at both ends: tasks write their end into the first, it writes names for the looker into
  # the other.
  exec {_wfc_bell}<> <(:)
  exec {_wfc_look_at}<> <(:)
  exec {_wfc_seen}< <(_wfc_looker 2>/dev/null &)
  _wfc_has_looker=1
}

# For `{input:list}` over several inputs: write the file, and say its name. The end of the element removes it.
wfc_write_list() {
  local file=$_wfc_scratch.$BASHPID.list
  shift
  printf '%s\n' "$@" >"$file"
  printf '%s\n' "$file"
}

_wfc_say() {
  printf 'wfc: %s\n' "$*"
}

_wfc_die() {
  _wfc_say "$_wfc_stage.$_wfc_element: $*" >&2
  _wfc_kill_tasks
  exit 1
}

# Knows the process groups of running tasks (+GROUP, -GROUP). Where the runner is killed outright, its input ends, and it
# kills them: nobody else is left to do so.
_wfc_watchman() {
  local -A groups=()
  local line
  trap '' HUP INT TERM USR1
  while IFS= read -r line; do
    case $line in
      +*) groups[${line#+}]=1 ;;
      *) unset "groups[${line#-}]" ;;
    esac
  done
  for line in "${!groups[@]}"; do kill -KILL -- "-$line"; done
}

# Microseconds, in _wfc_us: only differences count. Bash 5 has a clock of its own.
if [[ -n ${EPOCHREALTIME-} ]]; then
  _wfc_clock() { _wfc_us=${EPOCHREALTIME/[!0-9]/}; }
else
  _wfc_clock() {
    read -r _wfc_us _ </proc/uptime
    _wfc_us=$((10#${_wfc_us/./} * 10000))
  }
fi

# --- owning the element ---

# Slurm may start an element again while the processes of an attempt that it lost live on, and a user may submit twice.
# A later attempt puts its name into place by a rename; an older one sees that within seconds, and stops. The first attempt
# of the first submission, as nearly all are, names itself nowhere: an element has two files, its journal and its output.
_wfc_take_element() {
  local name=$_wfc_stage.$_wfc_element id=${_wfc_folder##*/} file
  _wfc_parent=.
  [[ $_wfc_folder != */* ]] || _wfc_parent=${_wfc_folder%/*}
  _wfc_submissions='' _wfc_owner_files=("$_wfc_folder/owner/$name") _wfc_names_itself=0
  if [[ $id == *-slurm-* ]]; then
    # All submissions of these artifacts. First: who reads the other one finds an attempt that the older ones have seen.
    _wfc_submissions=${id#*-slurm-}
    _wfc_owner_files=("$_wfc_parent/slurm-$_wfc_submissions.owner/$name" "${_wfc_owner_files[@]}")
  fi
  _wfc_scratch=$_wfc_folder/scratch/$name.$_wfc_attempt
  [[ -d ${_wfc_scratch%/*} ]] || command mkdir -p -- "${_wfc_scratch%/*}" || _wfc_die "can't make the folder ${_wfc_scratch%/*}"
  _wfc_yield_to_newer
  # The journal first: who reads the owner's name finds its journal.
  if _wfc_begin_first_journal; then
    ! _wfc_has_older_submission || _wfc_put_name_into "${_wfc_owner_files[0]}"
  else
    _wfc_journal=$_wfc_folder/$name.$_wfc_attempt.tsv
    _wfc_append run "$(command date +%s.%N)" "$_wfc_host" "$_wfc_slurm_id"
    for file in "${_wfc_owner_files[@]}"; do _wfc_put_name_into "$file"; done
  fi
  # Again: a newer submission may have begun between the look and the writing. It wrote its journal before its name, so that
  # either it is seen here, or its name came last.
  _wfc_yield_to_newer
}

# The plain name is for one attempt alone, and the file system says for which (O_EXCL). Fails for all others.
_wfc_begin_first_journal() {
  local failed
  _wfc_journal=$_wfc_folder/$_wfc_stage.$_wfc_element.tsv
  ((_wfc_restarts == 0)) || return 1
  set -C
  printf 'run\t%s\t%s\t%s\t.\n' "$(command date +%s.%N)" "$_wfc_host" "$_wfc_slurm_id" >"$_wfc_journal"
  failed=$?
  set +C
  return $failed
} 2>/dev/null

# Folders of submissions begin with their number, with leading zeros.
_wfc_has_older_submission() {
  local folder
  local -a folders=()
  [[ -n $_wfc_submissions ]] || return 1
  set +f
  folders=("$_wfc_parent"/*-slurm-"$_wfc_submissions")
  set -f
  for folder in "${folders[@]}"; do
    [[ ! ${folder##*/} < ${_wfc_folder##*/} ]] || return 0
  done
  return 1
}

# In the file that all submissions share, the name tells the submission, too.
_wfc_put_name_into() {
  local name=$_wfc_attempt
  [[ -z $_wfc_submissions || $1 != "${_wfc_owner_files[0]}" ]] || name=${_wfc_folder##*/}/$name
  [[ -d ${1%/*} ]] || command mkdir -p -- "${1%/*}" || _wfc_die "can't make the folder ${1%/*}"
  { printf '%s\n' "$name" >"$1.$_wfc_attempt" && command mv -f -- "$1.$_wfc_attempt" "$1"; } || _wfc_die "can't write $1"
  _wfc_names_itself=1
}

# What a newer submission has begun is left to it. An older one whose elements it has taken over lacks their records: it
# would stop the newer one's tasks, and then call its own blocked.
_wfc_yield_to_newer() {
  local file name=$_wfc_stage.$_wfc_element
  local -a files
  [[ -n $_wfc_submissions ]] || return 0
  set +f
  files=("$_wfc_parent"/*-slurm-"$_wfc_submissions/$name".*tsv)
  set -f
  for file in "${files[@]}"; do
    file=${file%/*}
    [[ -d $file && ${file##*/} > ${_wfc_folder##*/} ]] || continue
    _wfc_say "$name: a newer submission (${file##*/}) has begun it: this one stops"
    exit 1
  done
}

# Goes on only while no newer attempt owns the element. The first of the owner's files tells: every later attempt renames
# its name into that one.
_wfc_own() {
  local id=
  IFS= read -r id 2>/dev/null <"${_wfc_owner_files[0]}"
  _wfc_own_seconds=$SECONDS
  [[ ${id##*/} != "$_wfc_attempt" ]] || return 0
  # Nobody came after the first, whose journal must still be there.
  [[ -n $id || ! -e $_wfc_journal ]] || ((_wfc_names_itself)) || return 0
  if [[ $id == */* && ${id%/*} < ${_wfc_folder##*/} ]]; then
    # One of an older submission overlooked this one for a moment, and has stopped or is about to.
    _wfc_put_name_into "${_wfc_owner_files[0]}"
    return
  fi
  _wfc_kill_tasks
  _wfc_say "$_wfc_stage.$_wfc_element: another attempt (${id:-unknown}) has taken over: this one stops"
  exit 1
}

_wfc_kill_tasks() {
  local lane
  for lane in "${!_wfc_lane_pid[@]}"; do kill -KILL -- "-${_wfc_lane_pid[lane]}" 2>/dev/null; done
}

# One write a line, and the file is closed after it: on a network file system that is what lets others see the line, and
# what makes it outlive this node.
_wfc_append() {
  local IFS=$'\t'
  printf '%s\t.\n' "$*" >>"$_wfc_journal" || _wfc_die "can't write $_wfc_journal"
}

_wfc_log_event() {
  _wfc_own
  _wfc_append "$@"
}

# --- reading ---

# The rows of element $2 of stage $1.
_wfc_load_rows() {
  local tables=$wfc_artifacts/tables count offset bytes
  local -a lines=()
  _wfc_rows=()
  mapfile -t -s "$2" -n 1 lines <"$tables/$1.index"
  read -r _ count offset bytes <<<"${lines[0]-}"
  [[ -n $bytes ]] || return 1
  ((count == 0)) || mapfile -t _wfc_rows < <(command tail -c "+$((offset + 1))" -- "$tables/$1.tsv" | command head -c "$bytes")
  ((${#_wfc_rows[@]} == count))
}

_wfc_read_rows() {
  local _wfc_t k producer
  _wfc_load_rows "$_wfc_stage" "$_wfc_element" || _wfc_die "its rows in $wfc_artifacts/tables can't be read"
  for ((_wfc_t = 0; _wfc_t < ${#_wfc_rows[@]}; _wfc_t++)); do
    _wfc_read_row "$_wfc_t"
    _wfc_names[_wfc_t]=${wfc_outputs[0]}
    _wfc_row_of[${wfc_outputs[0]}]=$_wfc_t
    _wfc_unmet[_wfc_t]=0 _wfc_tries[_wfc_t]=1
    for k in "${!wfc_from[@]}"; do
      producer=${wfc_from[k]}
      [[ -n $producer ]] || continue
      producer=${_wfc_row_of[$producer]-}
      [[ -n $producer ]] || continue
      _wfc_unmet[_wfc_t]=$((_wfc_unmet[_wfc_t] + 1))
      _wfc_dependents[producer]+=" $_wfc_t"
    done
  done
}

# Sets the fields of a row, and its paths.
_wfc_read_row() {
  _wfc_split_row "${_wfc_rows[$1]}"
  wfc_inputs=() wfc_from=() wfc_from_output=() wfc_ancient=() wfc_outputs=() wfc_log=
  # Without its list a gather would seem to need nothing.
  "wfc_paths_$_wfc_rule" "$_wfc_list" "${_wfc_values[@]}" || _wfc_die "can't tell the paths of: ${_wfc_rows[$1]}"
  _wfc_note_summed
}

_wfc_note_summed() {
  local path
  for path in "${wfc_summed[@]}"; do _wfc_is_summed[$path]=1; done
  wfc_summed=()
}

_wfc_split_row() {
  local IFS=$'\t'
  # shellcheck disable=SC2206 # Fields are never empty, and nothing is globbed.
  local fields=($1)
  _wfc_rule=${fields[0]} _wfc_fingerprint=${fields[1]} _wfc_list=${fields[2]} _wfc_values=("${fields[@]:3}")
}

_wfc_read_settings() {
  wfc_retries=0 wfc_time_seconds='' wfc_checks_id='' wfc_code=()
  wfc_directory=() wfc_temp=() wfc_protected=() wfc_min_bytes=() wfc_has_check=()
  "wfc_settings_$_wfc_rule" "${_wfc_values[@]}"
}

# Takes in the journal $1; $2: which source it is, '' for this element's own past. 0 where it has an end.
_wfc_read_journal() {
  local -a lines=() f=()
  local line task peak host='' ended=1 IFS=$'\037'
  mapfile -t lines 2>/dev/null <"$1" || return 1
  for line in "${lines[@]}"; do
    [[ $line == *$'\t.' ]] || continue
    # Tabs count as blanks for bash, which would lose empty fields.
    # shellcheck disable=SC2206
    f=(${line//$'\t'/$'\037'})
    task=${f[1]-}
    # The number of fields, too: a torn line may have a later one behind it.
    case ${f[0]}:${#f[@]} in
      run:5) host=${f[2]} ;;
      started:6) _wfc_where[$task]="$host ${f[4]}" ;;
      done:8 | done:9)
        peak=${f[*]:7:${#f[@]}-8}
        [[ $peak != *[!0-9]* && $peak != 0* ]] || continue
        _wfc_record[$task]=${f[2]}$IFS${f[3]}$IFS${f[4]}$IFS${f[5]}
        _wfc_made[$task]=${f[6]}
        # To be written again.
        [[ -n $2 ]] || _wfc_peak[$task]=$peak
        ;;
      failed:6 | failed:7)
        peak=${f[*]:5:${#f[@]}-6}
        [[ $peak != *[!0-9]* && $peak != 0* ]] || continue
        _wfc_reason[$task]=${f[4]}
        ;;
      blocked:4) _wfc_cause[$task]=${f[2]} ;;
      # Once without a cause.
      interrupted:3 | interrupted:5) ;;
      end:3) ended=0 && continue ;;
      *) continue ;;
    esac
    [[ ${f[0]} != run ]] || continue
    _wfc_known[$task]=${f[0]}
    _wfc_home[$task]=$2
  done
  return $ended
}

# What earlier attempts at this element did, in this submission and in others of the same artifacts.
_wfc_read_history() {
  local task where try
  for try in 1 2; do
    _wfc_known=() _wfc_record=() _wfc_made=() _wfc_peak=()
    _wfc_read_earlier_journals
    for task in "${_wfc_names[@]}"; do
      [[ ${_wfc_known[$task]-} == started ]] || continue
      where=${_wfc_where[$task]}
      # Nobody lives any more where it ran on this machine and its process group is gone.
      [[ ${where% *} == "$_wfc_host" ]] && ! kill -0 -- "-${where##* }" 2>/dev/null && continue
      ((try == 1)) || break
      _wfc_say "$_wfc_stage.$_wfc_element: gives an earlier attempt time to see that it has lost the element"
      command sleep 5
      _wfc_own
      continue 2
    done
    return
  done
}

_wfc_read_earlier_journals() {
  local file key i kind time name=$_wfc_stage.$_wfc_element
  local -a files=() sorted=() keys=()
  set +f
  if [[ -n $_wfc_submissions ]]; then
    files=("$_wfc_parent"/*-slurm-"$_wfc_submissions/$name".*tsv)
  else
    files=("$_wfc_folder/$name".*tsv)
  fi
  set -f
  # By the time of their start, never by job id: ids sort wrongly as text, and start anew after a while.
  for file in "${files[@]}"; do
    [[ $file != "$_wfc_journal" ]] || continue
    kind=
    IFS=$'\t' read -r kind time _ 2>/dev/null <"$file"
    [[ $kind == run ]] || continue
    key=$time
    for ((i = ${#sorted[@]}; i > 0; i--)); do
      [[ ${keys[i - 1]} > $key ]] || break
      keys[i]=${keys[i - 1]} sorted[i]=${sorted[i - 1]}
    done
    keys[i]=$key sorted[i]=$file
  done
  for file in "${sorted[@]}"; do _wfc_read_journal "$file" ''; done
}

# Elements whose records matter here: _wfc_sources as STAGE.I, with what is known of each in parallel arrays.
_wfc_list_sources() {
  local stage
  _wfc_sources=() _wfc_source_ended=() _wfc_source_attempt=() _wfc_source_dead=() _wfc_ask_after=3000000
  for stage in "${wfc_same_element[@]}"; do _wfc_list_elements "$stage" "$_wfc_element" 1; done
  for stage in "${wfc_all_elements[@]}"; do _wfc_list_elements "$stage" 0 1000000; done
}

# Adds those of the $3 elements of stage $1 from element $2 on that have tasks.
_wfc_list_elements() {
  local i fields
  local -a lines
  mapfile -t -s "$2" -n "$3" lines <"$wfc_artifacts/tables/$1.index"
  for i in "${!lines[@]}"; do
    # shellcheck disable=SC2206
    fields=(${lines[i]})
    ((${fields[1]:-0} == 0)) || _wfc_sources+=("$1.$(($2 + i))")
  done
}

# Read the records of the sources, again for those that had not ended. Only the newest attempt of each counts.
_wfc_read_sources() {
  local s attempt task journal
  _wfc_sources_ended=1 _wfc_sources_seconds=$SECONDS
  for s in "${!_wfc_sources[@]}"; do
    [[ -z ${_wfc_source_ended[s]-} ]] || continue
    attempt=
    IFS= read -r attempt 2>/dev/null <"$_wfc_folder/owner/${_wfc_sources[s]}"
    journal=$_wfc_folder/${_wfc_sources[s]}${attempt:+.$attempt}.tsv
    attempt=${attempt:-first}
    if [[ -n ${_wfc_source_attempt[s]-} && ${_wfc_source_attempt[s]} != "$attempt" ]]; then
      for task in "${!_wfc_home[@]}"; do
        [[ ${_wfc_home[$task]} != "$s" ]] || _wfc_known[$task]=
      done
    fi
    _wfc_source_attempt[s]=$attempt
    if _wfc_read_journal "$journal" "$s"; then
      _wfc_source_ended[s]=1
    # Looked at once more after the queue was asked: its last records may have come meanwhile.
    elif [[ -n ${_wfc_source_dead[s]-} ]]; then
      _wfc_source_ended[s]=1
    else
      _wfc_sources_ended=0
    fi
  done
}

# --- states of files ---

# A process that stays and tells the size and time of each file whose name, ended by a NUL, it is given: `du` is the one
# of coreutils that answers name by name. A `stat` a look is what short tasks cost most. It ends with this shell.
_wfc_looker() {
  # scancel signals all processes.
  trap '' HUP INT TERM USR1
  # Opened anew, for reading alone: it ends when the last who can write is gone.
  exec {_wfc_watch}>&- {_wfc_bell}>&- <"/dev/fd/$_wfc_look_at" {_wfc_look_at}>&- || return
  exec du -b -l -L -s --time --time-style=+%s.%N --files0-from=-
}

# Looks at a few files through the looker: of a folder it would tell the sum of what lies in it. Few enough that all names
# and all answers fit into the smallest pipe, or each would wait for the other. Fails where that can't be done.
_wfc_ask_looker() {
  local path size time IFS=' ' end=//dev/null
  local -a paths=("${@/#-/./-}")
  ((_wfc_has_looker && $# <= 20)) || return 1
  path="${paths[*]}"
  ((${#path} <= 2000)) || return 1
  for path; do [[ ! -d $path ]] || return 1; done
  # No normalised path is this one: its answer comes when all others have come. Missing files have none.
  if printf '%s\0' "${paths[@]}" "$end" >&"$_wfc_look_at"; then
    while IFS=$'\t' read -r -u "$_wfc_seen" size time path; do
      [[ $path != "$end" ]] || return 0
      # Before 1970 the two programs count the fraction differently.
      [[ $time != -* ]] || break
      _wfc_state[${path#./}]=$time:$size
    done
  fi 2>/dev/null
  # It is dead, or there is no GNU du: from now on without it.
  _wfc_has_looker=0
  return 1
}

# Looks at paths, through the looker or a thousand a process: _wfc_state and _wfc_is_directory by path.
_wfc_look() {
  local path line text try IFS=$'\n'
  local -a lines batch
  for path; do _wfc_state[$path]='' _wfc_is_directory[$path]=''; done
  ! _wfc_ask_looker "$@" || return 0
  while (($# > 0)); do
    # Paths are normalised, so a leading ./ is only ever the one put in here against `-` at the start.
    batch=("${@:1:1000}")
    for try in 1 2 3; do
      text=$(exec stat -L --printf='%.9Y:%s\t%F\t%n\n' -- "${batch[@]/#-/./-}" 2>/dev/null)
      # scancel signals this process and stat alike.
      (($? > 128)) || break
    done
    # shellcheck disable=SC2206
    lines=($text)
    for line in "${lines[@]}"; do
      path=${line#*$'\t'*$'\t'}
      path=${path#./}
      _wfc_state[$path]=${line%%$'\t'*}
      [[ $line != *$'\t'directory$'\t'* ]] || _wfc_is_directory[$path]=1
    done
    if ((${#_wfc_is_summed[@]} > 0)); then
      for path in "${@:1:1000}"; do
        [[ -z ${_wfc_is_summed[$path]-} || -z ${_wfc_is_directory[$path]} ]] || _wfc_sum_files "$path"
      done
    fi
    shift $(($# < 1000 ? $# : 1000))
  done
}

# The state of a directory by all that lies below it: the newest time, which `du` tells of the directory itself, and the
# sum of the sizes of what is no folder. Versions of du differ in what they say of a folder's own size.
_wfc_sum_files() {
  local line text path time='' size=0 try IFS=$'\n'
  local -a lines
  for try in 1 2 3; do
    text=$(set -o pipefail && du -D -0 -a -b -l --time --time-style=+%s.%N -- "${1/#-/./-}" 2>/dev/null | tr '\0\n' '\n\001')
    (($? > 128)) || break
  done
  # shellcheck disable=SC2206
  lines=($text)
  for line in "${lines[@]}"; do
    path=${line#*$'\t'*$'\t'}
    time=${line#*$'\t'} time=${time%%$'\t'*}
    # A line break in a name is \001 here.
    [[ -d $path && ! -L $path || -d ${path//$'\001'/$'\n'} && ! -L ${path//$'\001'/$'\n'} ]] || size=$((size + ${line%%$'\t'*}))
  done
  # Before 1970 programs count the fraction differently.
  [[ $time != -* ]] || time=0.000000000
  _wfc_state[$1]=${time:+$time:$size}
}

# What the code files of the current rule hold now, in _wfc_code, as a record has it behind the command's fingerprint:
# `-DIGEST.DIGEST`, 12 digits a file, `none` for a missing one; for more than four `-COUNT:DIGEST`. A file is read once, and
# again only where its state is another. The same as codeText in src/resume/code.ts.
_wfc_find_code() {
  local path state try text IFS=.
  local -a digests=()
  _wfc_code=
  ((${#wfc_code[@]} > 0)) || return 0
  _wfc_look "${wfc_code[@]}"
  for path in "${wfc_code[@]}"; do
    state=${_wfc_state[$path]}
    if [[ -z $state || -n ${_wfc_is_directory[$path]} ]]; then
      digests+=(none)
      continue
    fi
    if [[ ${_wfc_code_state[$path]-} != "$state" ]]; then
      for try in 1 2 3; do
        # scancel signals this process and md5sum alike.
        text=$(exec md5sum 2>/dev/null <"$path")
        (($? > 128)) || break
      done 2>/dev/null
      [[ -n $text ]] || text=none
      _wfc_code_state[$path]=$state _wfc_code_digest[$path]=${text:0:12}
      [[ $text != none ]] || _wfc_code_digest[$path]=none
    fi
    digests+=("${_wfc_code_digest[$path]}")
  done
  if ((${#digests[@]} <= 4)); then
    _wfc_code="-${digests[*]}"
  else
    _wfc_md5 "${digests[@]}"
    _wfc_code=-${#digests[@]}:${_wfc_digest:0:16}
  fi
}

# The states of the task's inputs (less the ancient ones), or of its outputs, into _wfc_now.
_wfc_input_states() {
  local k
  _wfc_now=()
  for k in "${!wfc_inputs[@]}"; do
    ((wfc_ancient[k])) || _wfc_now+=("${_wfc_state[${wfc_inputs[k]}]:--}")
  done
}

_wfc_output_states() {
  local path
  _wfc_now=()
  for path in "${wfc_outputs[@]}"; do _wfc_now+=("${_wfc_state[$path]:--}"); done
}

# _wfc_now as one text, in _wfc_text: `state,state,…`, or for more than 64 `#count:digest:digest of whole seconds`.
_wfc_states_text() {
  local IFS=, state rest scale
  local seconds nanoseconds ms k
  local -a exact=() whole=()
  if ((${#_wfc_now[@]} <= 64)); then
    _wfc_text=${_wfc_now[*]}
    return
  fi
  for state in "${_wfc_now[@]}"; do
    if [[ $state == - ]]; then
      exact+=(-) whole+=(-)
      continue
    fi
    rest=${state#*.}
    seconds=${state%%.*} nanoseconds=$((10#${rest%%:*}))
    # wfc itself sees times as milliseconds in a double: the digest is over what such a number keeps.
    if ((nanoseconds > 0)); then
      ms=$((seconds * 1000 + nanoseconds / 1000000))
      scale=4096
      if ((ms >= 1 << 41)); then
        for ((k = ms >> 41; k > 0; k >>= 1)); do scale=$((scale / 2)); done
      else
        for ((; ms < 1 << 40 && scale < 1 << 20; ms <<= 1)); do scale=$((scale * 2)); done
      fi
      if ((scale < 1 << 20)); then
        k=$(((nanoseconds * scale + 500000) / 1000000))
        nanoseconds=$(((k * 2000000 + scale) / (2 * scale)))
        ((nanoseconds < 1000000000)) || seconds=$((seconds + 1)) nanoseconds=0
      fi
    fi
    printf -v state '%d.%09d' "$seconds" "$nanoseconds"
    exact+=("$state:${rest#*:}") whole+=("$seconds:${rest#*:}")
  done
  _wfc_md5 "${exact[@]}"
  _wfc_text="#${#_wfc_now[@]}:$_wfc_digest"
  _wfc_md5 "${whole[@]}"
  _wfc_text+=":$_wfc_digest"
}

_wfc_md5() {
  local try
  for try in 1 2 3; do
    _wfc_digest=$(printf '%s\n' "$@" | command md5sum)
    _wfc_digest=${_wfc_digest%% *}
    ((${#_wfc_digest} < 32)) || break
  done
}

# A recorded state holds now; where either time lacks a fraction (some file systems and copies drop it), seconds compare.
_wfc_same_state() {
  [[ $1 != "$2" ]] || return 0
  [[ $1 == *.000000000:* || $2 == *.000000000:* ]] && [[ ${1%%.*}:${1##*:} == "${2%%.*}:${2##*:}" ]]
}

# The recorded states $1 are those in _wfc_now.
_wfc_states_hold() {
  local IFS=, k
  local -a recorded
  if [[ $1 == '#'* ]]; then
    _wfc_states_text
    [[ $1 != "$_wfc_text" ]] || return 0
    [[ ${_wfc_now[*]} == *.000000000:* && ${1%%:*}:${1##*:} == "${_wfc_text%%:*}:${_wfc_text##*:}" ]]
    return
  fi
  # shellcheck disable=SC2206
  recorded=($1)
  ((${#recorded[@]} == ${#_wfc_now[@]})) || return 1
  for k in "${!recorded[@]}"; do
    [[ ${recorded[k]} != - ]] && _wfc_same_state "${recorded[k]}" "${_wfc_now[k]}" || return 1
  done
}

# --- what may run ---

# Whether all that the task depends on is done, as far as records tell: _wfc_verdict is ok, wait, or blocked with
# _wfc_verdict_cause.
_wfc_judge_producers() {
  local producer row home ended since
  _wfc_verdict=ok
  for producer in "${wfc_from[@]}"; do
    [[ -n $producer ]] || continue
    row=${_wfc_row_of[$producer]-}
    # Those of this element have been waited for: only finished ones let a task come here.
    [[ -z $row ]] || continue
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
# recorded it. That it exists is not enough: it may be half-written, or half-visible here. Also says failed, with a reason.
_wfc_judge_files() {
  local k path producer now recorded output IFS=,
  local -a outputs
  _wfc_verdict=ok
  for k in "${!wfc_inputs[@]}"; do
    path=${wfc_inputs[k]} producer=${wfc_from[k]} output=${wfc_from_output[k]}
    now=${_wfc_state[$path]}
    if [[ -z $producer ]]; then
      [[ -z $now ]] || continue
      _wfc_verdict=failed _wfc_verdict_reason="its source file $path does not exist"
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
      _wfc_verdict=failed _wfc_verdict_reason="its input is missing: $path"
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
  local _wfc_t path
  local -a paths=()
  local -A listed=()
  for _wfc_t in "${!_wfc_rows[@]}"; do
    [[ ${_wfc_known[${_wfc_names[_wfc_t]}]-} == "done" ]] || continue
    _wfc_read_row "$_wfc_t"
    for path in "${wfc_outputs[@]}" "${wfc_inputs[@]}"; do
      [[ -z ${listed[$path]-} ]] || continue
      listed[$path]=1
      paths+=("$path")
    done
  done
  _wfc_look "${paths[@]}"
  for _wfc_t in "${!_wfc_rows[@]}"; do
    ((_wfc_unmet[_wfc_t] == 0)) || continue
    if [[ ${_wfc_known[${_wfc_names[_wfc_t]}]-} == "done" && -z $_wfc_stop ]]; then
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
  peak=${_wfc_peak[$name]-}
  _wfc_split_record "$name"
  _wfc_log_event "done" "$name" "${_wfc_recorded[@]}" "${_wfc_made[$name]}" ${peak:+"$peak"}
  # Left where an earlier attempt was killed between the record and this.
  _wfc_find_marker "$name"
  [[ -z $_wfc_marker || ! -e $_wfc_marker ]] || _wfc_drop_marker "$name"
  _wfc_skipped=$((_wfc_skipped + 1))
  _wfc_finish "$1"
}

_wfc_finish() {
  local d
  _wfc_status[$1]="done"
  _wfc_known[${_wfc_names[$1]}]="done"
  for d in ${_wfc_dependents[$1]-}; do
    _wfc_unmet[d]=$((_wfc_unmet[d] - 1))
    if ((_wfc_unmet[d] == 0)) && [[ -z ${_wfc_status[d]-} ]]; then _wfc_ready+=("$d"); fi
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

_wfc_fail_before_start() {
  _wfc_log_event failed "${_wfc_names[$1]}" 0 '' "$2"
  _wfc_say "failed: ${_wfc_names[$1]}: $2"
  _wfc_give_up "$1" failed "${_wfc_names[$1]}"
}

# --- the loop ---

_wfc_run_tasks() {
  local _wfc_t
  while :; do
    _wfc_tick
    while [[ -z $_wfc_stop ]] && ((_wfc_running < _wfc_lanes && _wfc_next < ${#_wfc_ready[@]})); do
      _wfc_t=${_wfc_ready[_wfc_next]}
      _wfc_next=$((_wfc_next + 1))
      _wfc_consider "$_wfc_t"
    done
    if ((_wfc_running == 0)); then
      [[ -z $_wfc_stop ]] || return
      ((_wfc_next == ${#_wfc_ready[@]})) || continue
      ((${#_wfc_later[@]} > 0)) || return
      _wfc_be_patient
    elif [[ -z $_wfc_stop ]] && ((${#_wfc_later[@]} > 0 && _wfc_running < _wfc_lanes && SECONDS > _wfc_sources_seconds)); then
      _wfc_look_again
    else
      _wfc_await
    fi
  done
}

# Nothing else is left to do: wait for what is late. One budget for all tasks, or many of them would wait for hours.
_wfc_be_patient() {
  local from
  if ((_wfc_waited >= _wfc_wait_seconds * 1000000)); then
    _wfc_patient=0
  else
    _wfc_clock
    from=$_wfc_us
    command sleep "$_wfc_nap"
    _wfc_clock
    _wfc_waited=$((_wfc_waited + _wfc_us - from))
    case $_wfc_nap in 0.2) _wfc_nap=0.5 ;; *) _wfc_nap=1 ;; esac
    ((_wfc_waited < _wfc_ask_after)) || _wfc_ask_queue
  fi
  _wfc_look_again
}

# Elements that are waited for and that Slurm says are dead will write no more records: lost with their node, out of time
# or memory, or unknown to it (cancelled before they began, or ended minutes ago). Not those that ended just now: their
# last lines may still be on the way here. One call an array, after 3 s, then every 20 s: controllers are slow where many
# ask. squeue says `Invalid job id` of an array that is forgotten as a whole; any other failure says nothing.
_wfc_ask_queue() {
  local s stage job state listed
  local -A jobs=() asked=() states=()
  _wfc_ask_after=$((_wfc_waited + 20000000))
  [[ -n $_wfc_slurm_id && -r $_wfc_folder/jobs.tsv ]] || return 0
  while IFS=$'\t' read -r stage job _; do jobs[$stage]=$job; done <"$_wfc_folder/jobs.tsv"
  for s in "${!_wfc_sources[@]}"; do
    [[ -z ${_wfc_source_ended[s]-} ]] || continue
    job=${jobs[${_wfc_sources[s]%.*}]-}
    [[ -n $job ]] || continue
    if [[ -z ${asked[$job]-} ]]; then
      asked[$job]=no
      # Variables of the user's own for squeue would hide elements.
      if listed=$(unset "${!SQUEUE_@}" && command timeout 10 squeue --noheader --array --states=all --format='%i %T' --jobs="$job" 2>&1) ||
        [[ $listed == *'Invalid job id'* ]]; then
        asked[$job]=yes
        while read -r stage state; do states[${stage:-none}]=$state; done <<<"$listed"
      fi
    fi
    [[ ${asked[$job]} == yes ]] || continue
    state=${states[${job}_${_wfc_sources[s]##*.}]-nothing}
    case $state in
      nothing | CANCELLED | TIMEOUT | NODE_FAIL | OUT_OF_MEMORY | PREEMPTED | DEADLINE | BOOT_FAIL)
        _wfc_say "${_wfc_sources[s]} is not waited for: Slurm says $state of it"
        _wfc_source_dead[s]=1
        ;;
    esac
  done
}

_wfc_look_again() {
  _wfc_read_sources
  _wfc_ready=("${_wfc_ready[@]:_wfc_next}" "${_wfc_later[@]}")
  _wfc_next=0 _wfc_later=()
}

# Start the task, or find out why it must not, or need not.
_wfc_consider() {
  [[ -z ${_wfc_status[$1]-} ]] || return 0
  _wfc_read_row "$1"
  _wfc_judge_producers
  if [[ $_wfc_verdict == ok ]]; then
    if ((_wfc_tries[$1] == 1)) && _wfc_has_record; then
      _wfc_look "${wfc_inputs[@]}" "${wfc_outputs[@]}"
    elif [[ $_wfc_seen_ahead != "$1" ]]; then
      _wfc_look "${wfc_inputs[@]}"
    fi
    _wfc_judge_files
  fi
  _wfc_seen_ahead=
  case $_wfc_verdict in
    wait) _wfc_later+=("$1") ;;
    blocked)
      _wfc_say "blocked: ${_wfc_names[$1]}, by $_wfc_verdict_cause"
      _wfc_give_up "$1" blocked "$_wfc_verdict_cause"
      ;;
    failed) _wfc_fail_before_start "$1" "$_wfc_verdict_reason" ;;
    ok)
      if ((_wfc_tries[$1] == 1)) && _wfc_is_complete; then _wfc_skip "$1"; else _wfc_start "$1"; fi
      ;;
  esac
}

_wfc_start() {
  local _wfc_path _wfc_lane _wfc_o _wfc_append_log='' _wfc_attempt_line=''
  _wfc_read_settings
  # From here on files are touched: not those of a newer attempt.
  _wfc_own
  for _wfc_o in "${!wfc_outputs[@]}"; do
    _wfc_path=${wfc_outputs[_wfc_o]}
    # An attempt starts from nothing: an old output must not pass for a new one.
    if [[ -e $_wfc_path || -L $_wfc_path ]]; then
      if ((wfc_protected[_wfc_o])) && _wfc_is_protected "$_wfc_path"; then
        _wfc_fail_before_start "$1" "its output is protected: to make it anew, run chmod -R u+w $_wfc_path, or remove it"
        return
      fi
      _wfc_remove "$_wfc_path"
    fi
    [[ $_wfc_path != */* || -d ${_wfc_path%/*}/ ]] || _wfc_make_parents_ahead
    _wfc_make_parent "$_wfc_path"
    if [[ -e $_wfc_path || -L $_wfc_path || ($_wfc_path == */* && ! -d ${_wfc_path%/*}/) ]]; then
      # Not by the signal that stops us all: then it is not the task's failure.
      [[ -z $_wfc_stop ]] || return
      _wfc_fail_before_start "$1" "can't make room for its output: $_wfc_path"
      return
    fi
  done
  _wfc_set_marker "${wfc_outputs[0]}"
  for ((_wfc_lane = 0; _wfc_lane < _wfc_lanes; _wfc_lane++)); do [[ -n ${_wfc_lane_pid[_wfc_lane]-} ]] || break; done
  _wfc_input_states
  _wfc_states_text
  _wfc_lane_inputs[_wfc_lane]=$_wfc_text
  # The code that runs is that of now, whatever stood there when the scripts were made.
  _wfc_find_code
  _wfc_lane_code[_wfc_lane]=$_wfc_code
  # Most tasks print nothing: their output goes to one file for all, which becomes the log once there is something in it.
  _wfc_log_path=$wfc_log _wfc_file=$_wfc_scratch.$_wfc_lane
  if ((_wfc_tries[$1] > 1)) || [[ -e $wfc_log ]]; then _wfc_append_log=1 _wfc_attempt_line=1; fi
  if [[ -n $_wfc_append_log ]] || _wfc_names_its_log; then
    _wfc_make_parent "$wfc_log"
    _wfc_file=$wfc_log
  fi
  _wfc_note_oom
  _wfc_clock
  _wfc_launch "$1"
  _wfc_lane_pid[_wfc_lane]=$! _wfc_lane_task[_wfc_lane]=$1 _wfc_lane_attempt[_wfc_lane]=${_wfc_tries[$1]}
  printf '+%s\n' "$!" >&"$_wfc_watch"
  _wfc_running=$((_wfc_running + 1))
  _wfc_status[$1]=running _wfc_known[${_wfc_names[$1]}]=started
  _wfc_lane_began[_wfc_lane]=$_wfc_us _wfc_lane_limit[_wfc_lane]=$wfc_time_seconds
  _wfc_lane_stop[_wfc_lane]='' _wfc_lane_kill[_wfc_lane]='' _wfc_lane_peak[_wfc_lane]=''
  _wfc_lane_log[_wfc_lane]=$_wfc_log_path _wfc_lane_file[_wfc_lane]=$_wfc_file
  printf -v _wfc_path '%(%s)T' -1
  _wfc_log_event started "${_wfc_names[$1]}" "${_wfc_tries[$1]}" "$_wfc_path" "${_wfc_lane_pid[_wfc_lane]}"
}

# The command in a subshell: a fork, where a bash of its own would take a start of bash. It leads a process group, so that
# all that it starts can be stopped; job control is on for that moment only, because under it `wait` also returns for a
# task that is merely suspended.
_wfc_launch() {
  [[ $_wfc_file == "$_wfc_log_path" ]] || : >"$_wfc_file"
  set -m
  (
    set +mf
    if [[ -n $_wfc_had_locale ]]; then LC_ALL=$_wfc_locale; else unset LC_ALL; fi 2>/dev/null
    _wfc_stop_gently
    # shellcheck disable=SC2064 # The number of the descriptor is that of now.
    trap "echo \$BASHPID >&$_wfc_bell" EXIT
    [[ -z $_wfc_attempt_line ]] || _wfc_head_attempt "${_wfc_tries[$1]}" "$_wfc_folder" "$_wfc_slurm_id"
    wfc_attempt=${_wfc_tries[$1]}
    # The binding may overwrite any wfc_ name: a param may be called `outputs`.
    _wfc_outputs=("${wfc_outputs[@]}") _wfc_has_check=("${wfc_has_check[@]}")
    "wfc_bind_$_wfc_rule" "$_wfc_list" "${_wfc_values[@]}"
    set -euo pipefail
    if [[ " ${_wfc_has_check[*]-} " == *' 1 '* ]]; then
      # A command that ends with `exit 0`, or that changes the folder, must not get round its checks.
      (
        _wfc_stop_gently
        "wfc_rule_$_wfc_rule"
      )
      for _wfc_o in "${!_wfc_outputs[@]}"; do
        if [[ ${_wfc_has_check[_wfc_o]-} == 1 ]]; then
          _wfc_verify "${_wfc_outputs[_wfc_o]}" "wfc_check_${_wfc_rule}_$_wfc_o"
        fi
      done
    else
      "wfc_rule_$_wfc_rule"
    fi
  ) </dev/null >>"$_wfc_file" 2>&1 {_wfc_watch}>&- {_wfc_look_at}>&- {_wfc_seen}>&- &
  set +m
}

# Heads an attempt in a log that was there before it: `ATTEMPT JOURNAL SLURM_ID`. See src/io/files/log-file.ts.
_wfc_head_attempt() {
  local run=${2##*/}
  TZ=UTC0 printf 'wfc: attempt %s, %(%Y-%m-%dT%H:%M:%SZ)T, run %s%s\n' "$1" -1 "${run%%-*}" "${3:+, job $3}"
}

# Asked to stop, a bash ends at once and leaves what it runs behind, to be killed: let that end in its own time first.
_wfc_stop_gently() {
  trap 'wait; exit 143' TERM
}

# An output passes its check, or the task has failed.
_wfc_verify() {
  wfc_file=$1
  [[ $wfc_file != -* ]] || wfc_file=./$wfc_file
  set +e
  (
    set -e
    "$2"
  )
  _wfc_text=$?
  set -e
  if ((_wfc_text != 0)); then
    printf 'wfc: %s does not pass its check\n' "$1" >&2
    exit 1
  fi
}

# A command that is told its log must find the folder.
_wfc_names_its_log() {
  if [[ -z ${_wfc_uses_log[$_wfc_rule]-} ]]; then
    case $(declare -f "wfc_rule_$_wfc_rule") in
      *wfc_log*) _wfc_uses_log[$_wfc_rule]=yes ;;
      *) _wfc_uses_log[$_wfc_rule]=no ;;
    esac
  fi
  [[ ${_wfc_uses_log[$_wfc_rule]} == yes ]]
}

# A file beside a task's first output, $1, from the first act of an attempt until its record: where .wfc/ is lost, it still
# tells a half-written output from a whole one. Sets _wfc_marker; '' where the name would be too long for a file system.
_wfc_find_marker() {
  local name=${1##*/}
  _wfc_marker=
  ((${#name} > 239)) || _wfc_marker=${1%"$name"}.$name.wfc-incomplete
  [[ $_wfc_marker != -* ]] || _wfc_marker=./$_wfc_marker
}

_wfc_set_marker() {
  _wfc_find_marker "$1"
  [[ -z $_wfc_marker ]] || : 2>/dev/null >"$_wfc_marker"
}

# Many markers a process: one each would double what a short task costs.
_wfc_drop_marker() {
  _wfc_find_marker "$1"
  [[ -z $_wfc_marker ]] || _wfc_markers+=("$_wfc_marker")
  ((${#_wfc_markers[@]} < 50)) || _wfc_remove_markers
}

_wfc_remove_markers() {
  ((${#_wfc_markers[@]} == 0)) || command rm -f -- "${_wfc_markers[@]}"
  _wfc_markers=()
}

_wfc_make_parent() {
  [[ $1 != */* || -d ${1%/*}/ ]] || command mkdir -p -- "${1%/*}"
}

# The folders for the outputs of the tasks that are about to come, in one process; what can't be made shows when its task
# starts. Leaves the current row alone.
_wfc_make_parents_ahead() {
  local _wfc_t path _wfc_rule _wfc_fingerprint _wfc_list wfc_log
  local -a folders=() _wfc_values wfc_inputs wfc_from wfc_from_output wfc_ancient wfc_outputs wfc_input_at
  for _wfc_t in "${_wfc_ready[@]:_wfc_next:100}"; do
    _wfc_read_row "$_wfc_t"
    for path in "${wfc_outputs[@]}"; do
      [[ $path != */* || -d ${path%/*}/ ]] || folders+=("${path%/*}")
    done
  done
  ((${#folders[@]} == 0)) || command mkdir -p -- "${folders[@]}" 2>/dev/null
}

# No process where there is nothing to remove. A directory may hold others that are read-only.
_wfc_remove() {
  local path
  local -a there=()
  for path; do
    [[ -e $path || -L $path ]] || continue
    [[ -L $path || ! -d $path ]] || command chmod -R u+rwX -- "$path" 2>/dev/null
    there+=("$path")
  done
  for ((; ${#there[@]} > 0; )); do
    command rm -rf -- "${there[@]:0:1000}"
    there=("${there[@]:1000}")
  done
}

# By its mode, not by -w: root may write everything.
_wfc_is_protected() {
  local mode path=$1
  mode=$(exec stat -L --printf=%a -- "${path/#-/./-}" 2>/dev/null)
  [[ -n $mode ]] && (((8#$mode & 8#222) == 0))
}

# --- while tasks run ---

# Until a task says that it ends, or some time is over: half a second at most, so that limits and signals are looked after.
# Not by `wait`, which has no time limit: as tried with bash 5.2, `wait -n` can miss a child and block for ever, and one
# that a trap interrupts can give a false exit status. A task that ends without a word (killed, `exec`, a trap of its own)
# is found out by looking.
_wfc_await() {
  local pid
  _wfc_seen_ahead=
  pid=
  IFS= read -r -t "$_wfc_pause" -u "$_wfc_bell" pid
  if [[ -n $pid ]]; then
    _wfc_pause=0.02
    _wfc_collect_ended "$pid"
    return
  fi
  case $_wfc_pause in 0.02) _wfc_pause=0.1 ;; *) _wfc_pause=0.5 ;; esac
  _wfc_collect_ended 0
}

# Those that are gone, and the one that has just said that it goes.
_wfc_collect_ended() {
  local lane
  for lane in "${!_wfc_lane_pid[@]}"; do
    [[ ${_wfc_lane_pid[lane]} != "$1" ]] && kill -0 "${_wfc_lane_pid[lane]}" 2>/dev/null && continue
    _wfc_collect "$lane"
  done
}

# Twice a second: limits, logs, and whether the element is still ours.
_wfc_tick() {
  local lane
  _wfc_clock
  [[ -n $_wfc_stop ]] || ((_wfc_us - _wfc_ticked >= 400000)) || return 0
  _wfc_ticked=$_wfc_us
  ((SECONDS - _wfc_own_seconds < 2)) || _wfc_own
  ((_wfc_oom_alone)) || _wfc_sample_oom
  for lane in "${!_wfc_lane_pid[@]}"; do
    if [[ -n $_wfc_stop && -z ${_wfc_lane_stop[lane]} ]]; then
      # The job's own end is near: little time is left to tidy up.
      _wfc_stop_task "$lane" interrupted 5
    elif [[ -z ${_wfc_lane_stop[lane]} && -n ${_wfc_lane_limit[lane]} ]] &&
      ((_wfc_us - _wfc_lane_began[lane] > _wfc_lane_limit[lane] * 1000000)); then
      printf 'wfc: time limit of %s s reached\n' "${_wfc_lane_limit[lane]}" >>"${_wfc_lane_file[lane]}"
      _wfc_stop_task "$lane" 'time limit' 10
    elif [[ -n ${_wfc_lane_kill[lane]} ]] && ((_wfc_us > _wfc_lane_kill[lane])); then
      kill -KILL -- "-${_wfc_lane_pid[lane]}" 2>/dev/null
    fi
    ((_wfc_us - _wfc_lane_began[lane] > 1000000)) || continue
    # A task that takes long gets its log now, so that one can follow it.
    _wfc_show_log "$lane"
    _wfc_measure "$lane"
  done
}

# The most memory that the task in lane $1 was seen to take, in MiB, in _wfc_lane_peak: what all its processes take now, or
# the most that any one of them ever took. They are found from parent to child, and no process is started for that.
_wfc_measure() {
  local process thread text IFS=' ' sum=0 most=0
  local -a processes=("${_wfc_lane_pid[$1]}") threads children
  # It grows on the way.
  for ((process = 0; process < ${#processes[@]}; process++)); do
    text=
    IFS= read -r -d '' text <"/proc/${processes[process]}/status"
    # Not so one that has ended and is not waited for yet.
    [[ $text =~ VmHWM:[[:blank:]]*([0-9]+).*VmRSS:[[:blank:]]*([0-9]+).*Threads:[[:blank:]]*([0-9]+) ]] || continue
    ((BASH_REMATCH[1] <= most)) || most=${BASH_REMATCH[1]}
    sum=$((sum + BASH_REMATCH[2]))
    # A child belongs to the thread that started it.
    threads=("/proc/${processes[process]}/task/${processes[process]}/children")
    if ((BASH_REMATCH[3] > 1)); then
      set +f
      threads=("/proc/${processes[process]}/task"/*/children)
      set -f
    fi
    for thread in "${threads[@]}"; do
      children=()
      read -r -a children <"$thread"
      processes+=("${children[@]}")
    done
  done 2>/dev/null
  most=$((((most > sum ? most : sum) + 1023) / 1024))
  ((most <= ${_wfc_lane_peak[$1]:-0})) || _wfc_lane_peak[$1]=$most
}

_wfc_stop_task() {
  _wfc_lane_stop[$1]=$2
  _wfc_lane_kill[$1]=$((_wfc_us + $3 * 1000000))
  # A suspended task hears TERM only when it goes on.
  kill -TERM -- "-${_wfc_lane_pid[$1]}" 2>/dev/null
  kill -CONT -- "-${_wfc_lane_pid[$1]}" 2>/dev/null
}

# The scratch file becomes the log, by a rename: who writes to it writes on.
_wfc_show_log() {
  local log=${_wfc_lane_log[$1]}
  [[ ${_wfc_lane_file[$1]} != "$log" && -s ${_wfc_lane_file[$1]} ]] || return 0
  _wfc_make_parent "$log"
  command mv -f -- "${_wfc_lane_file[$1]}" "$log" && _wfc_lane_file[$1]=$log
}

# --- when a task has ended ---

_wfc_collect() {
  local t=${_wfc_lane_task[$1]} pid=${_wfc_lane_pid[$1]} attempt=${_wfc_lane_attempt[$1]} status name seconds
  local peak=${_wfc_lane_peak[$1]}
  wait "$pid" 2>/dev/null
  status=$?
  # What a task leaves running must not write to its outputs any more.
  kill -KILL -- "-$pid" 2>/dev/null
  printf -- '-%s\n' "$pid" >&"$_wfc_watch"
  _wfc_clock
  seconds=$((_wfc_us - _wfc_lane_began[$1]))
  printf -v seconds '%d.%03d' $((seconds / 1000000)) $((seconds / 1000 % 1000))
  unset "_wfc_lane_pid[$1]"
  _wfc_running=$((_wfc_running - 1))
  # scancel signals a task and this shell in one go: hear it before calling that a failure.
  ((status == 0)) || command sleep 0.05
  name=${_wfc_names[t]}
  _wfc_predict_next "$t"
  _wfc_read_row "$t"
  _wfc_read_settings
  # Before any file is touched.
  _wfc_own
  _wfc_keep_log "$1"
  if [[ ${_wfc_lane_stop[$1]} == interrupted || $_wfc_stop == cancelled || $_wfc_stop == interrupted ]] ||
    [[ -n $_wfc_stop && $status -gt 128 ]]; then
    _wfc_find_marker "$name"
    _wfc_remove "${wfc_outputs[@]}" "$_wfc_marker"
    _wfc_status[t]=interrupted _wfc_known[$name]=interrupted
    _wfc_interrupted=$((_wfc_interrupted + 1))
    _wfc_name_stop
    _wfc_log_event interrupted "$name" "$_wfc_stop_cause" "$seconds"
    return
  fi
  _wfc_find_problem "$1" "$status"
  if [[ -z $_wfc_problem ]]; then
    _wfc_protect
    _wfc_output_states
    _wfc_states_text
    _wfc_made[$name]=$_wfc_text
    _wfc_log_event "done" "$name" "$_wfc_fingerprint${_wfc_lane_code[$1]}" "$wfc_checks_id" "$seconds" \
      "${_wfc_lane_inputs[$1]}" "$_wfc_text" ${peak:+"$peak"}
    _wfc_done=$((_wfc_done + 1))
    _wfc_drop_marker "$name"
    _wfc_finish "$t"
    return
  fi
  _wfc_find_marker "$name"
  _wfc_remove "${wfc_outputs[@]}" "$_wfc_marker"
  _wfc_log_event failed "$name" "$attempt" "$status" "$_wfc_problem" ${peak:+"$peak"}
  _wfc_say "failed: $name: $_wfc_problem (attempt $attempt of $((wfc_retries + 1)))${_wfc_kept_log:+; log: $_wfc_kept_log}"
  if ((attempt <= wfc_retries)) && [[ -z $_wfc_stop ]]; then
    _wfc_status[t]=''
    _wfc_tries[t]=$((attempt + 1))
    # At once, before all others.
    _wfc_ready=("$t" "${_wfc_ready[@]:_wfc_next}")
    _wfc_next=0
  else
    _wfc_give_up "$t" failed "$name"
  fi
}

# Why this element stops its tasks, as a code, in _wfc_stop_cause. Slurm ends what it preempts by the same signal as what is
# cancelled: only its accounts can tell those apart, and who reads the code asks them. Sets seconds, of the clock.
_wfc_name_stop() {
  printf -v seconds '%(%s)T' -1
  case $_wfc_stop in
    limit) _wfc_stop_cause=job_limit ;;
    cancelled) _wfc_stop_cause=cancelled ;;
    *) _wfc_stop_cause=interrupted ;;
  esac
  [[ -n $_wfc_slurm_id ]] || _wfc_stop_cause=interrupted
}

# Half of what a short task costs is looking at files: those of the task that comes next are looked at in the same go,
# right before it starts. _wfc_next_row is '' where one can't tell. Sets the current row.
_wfc_predict_next() {
  local d
  _wfc_next_inputs=() _wfc_next_row=${_wfc_ready[_wfc_next]-}
  if [[ -z $_wfc_next_row ]]; then
    for d in ${_wfc_dependents[$1]-}; do
      ((_wfc_unmet[d] > 1)) || _wfc_next_row=$d
      break
    done
  fi
  [[ -n $_wfc_next_row ]] || return 0
  _wfc_read_row "$_wfc_next_row"
  if ((${#wfc_inputs[@]} <= 100)); then _wfc_next_inputs=("${wfc_inputs[@]}"); else _wfc_next_row=; fi
}

# A log is kept where something was written.
_wfc_keep_log() {
  _wfc_show_log "$1"
  _wfc_kept_log=${_wfc_lane_log[$1]}
  [[ ! -s $_wfc_kept_log ]] || return 0
  [[ ${_wfc_lane_file[$1]} != "$_wfc_kept_log" ]] || command rm -f -- "$_wfc_kept_log"
  _wfc_kept_log=
}

# Why the attempt in lane $1 with exit status $2 did not succeed, in words, in _wfc_problem; '' where it did. Looks at the
# outputs.
_wfc_find_problem() {
  local o path size
  _wfc_problem=
  if [[ ${_wfc_lane_stop[$1]} == 'time limit' ]]; then
    _wfc_problem="time limit: stopped after ${_wfc_lane_limit[$1]} s"
  elif (($2 != 0)) && _wfc_was_out_of_memory "$2"; then
    _wfc_problem='out of memory'
  elif (($2 == 137)); then
    _wfc_problem='killed by signal 9'
  elif (($2 > 128 && $2 < 160)) && o=$(kill -l $(($2 - 128)) 2>/dev/null); then
    _wfc_problem="exit status $2, as if killed by SIG$o"
    [[ $o != PIPE ]] || _wfc_problem+=': a later command of a pipe ended before it had read all (head, grep -q)'
  elif (($2 != 0)); then
    _wfc_problem="exit status $2"
  fi
  [[ -z $_wfc_problem ]] || return 0
  _wfc_look "${wfc_outputs[@]}" "${_wfc_next_inputs[@]}"
  _wfc_seen_ahead=$_wfc_next_row
  for o in "${!wfc_outputs[@]}"; do
    path=${wfc_outputs[o]}
    size=${_wfc_state[$path]##*:}
    if [[ -z ${_wfc_state[$path]} && -L $path ]]; then
      _wfc_problem="it succeeded, but its output is a link that leads to nothing: $path -> $(readlink -- "$path")"
      # It stands in a journal.
      _wfc_problem=${_wfc_problem//[[:cntrl:]]/?}
    elif [[ -z ${_wfc_state[$path]} ]]; then
      _wfc_problem="it succeeded, but its output is missing: $path"
    elif ((wfc_directory[o])) && [[ -z ${_wfc_is_directory[$path]} ]]; then
      _wfc_problem="its output should be a directory: $path"
    elif ((!wfc_directory[o])) && [[ -n ${_wfc_is_directory[$path]} ]]; then
      _wfc_problem="its output is a directory, and \"directory: true\" is not set: $path"
    elif ((wfc_directory[o])) && _wfc_is_empty_directory "$path"; then
      _wfc_problem="its output directory is empty: $path"
    elif [[ -n ${wfc_min_bytes[o]-} ]] && ((size < wfc_min_bytes[o])); then
      _wfc_problem="its output has $size of at least ${wfc_min_bytes[o]} bytes: $path"
      ((wfc_min_bytes[o] > 1)) || _wfc_problem="its output is empty: $path"
    fi
    [[ -z $_wfc_problem ]] || return 0
  done
}

_wfc_is_empty_directory() {
  local -a found
  set +f
  found=("$1"/* "$1"/.[!.]* "$1"/..?*)
  set -f
  local path
  for path in "${found[@]}"; do
    [[ ! -e $path && ! -L $path ]] || return 1
  done
}

# Read-only; a link's own mode means nothing, and its target is not ours.
_wfc_protect() {
  local o
  for o in "${!wfc_outputs[@]}"; do
    ((!wfc_protected[o])) || [[ -L ${wfc_outputs[o]} ]] || command chmod -R a-w -- "${wfc_outputs[o]}"
  done
}

# The kernel counts the processes that it killed for want of memory in the job's cgroup; without one, nobody can tell.
_wfc_find_oom_counter() {
  local controllers path
  _wfc_oom_file=
  while IFS=: read -r _ controllers path; do
    case ,$controllers, in
      *,memory,*) path=/sys/fs/cgroup/memory$path/memory.oom_control ;;
      ,,) path=/sys/fs/cgroup$path/memory.events ;;
      *) continue ;;
    esac
    [[ ! -r $path ]] || _wfc_oom_file=$path
  done 2>/dev/null </proc/self/cgroup
  _wfc_count_oom
  _wfc_oom_seen=$_wfc_oom_kills _wfc_oom_last=$_wfc_oom_kills
}

_wfc_count_oom() {
  local key count
  _wfc_oom_kills=0
  [[ -n $_wfc_oom_file ]] || return 0
  while read -r key count; do
    [[ $key != oom_kill ]] || _wfc_oom_kills=$count
  done 2>/dev/null <"$_wfc_oom_file"
}

# An attempt is about to start. Where no other can run beside it, all that is counted from here on is its own.
_wfc_note_oom() {
  ((_wfc_oom_alone)) || return 0
  _wfc_count_oom
  _wfc_oom_seen=$_wfc_oom_kills
}

# Now and then while tasks share the counter: what was counted before the last look but one is of nobody who ends now.
_wfc_sample_oom() {
  _wfc_oom_seen=${_wfc_oom_last:-$_wfc_oom_seen}
  _wfc_count_oom
  _wfc_oom_last=$_wfc_oom_kills
}

# Whether the attempt that has just ended with status $1 ran out of memory. Never a guess: of one that ran alone every kill
# is its own, also where only a process that it started was killed and it failed with a status of its own; of several at a
# time only the one that was killed itself, just when the counter grew.
_wfc_was_out_of_memory() {
  local before=$_wfc_oom_seen
  (($1 == 137 || _wfc_oom_alone)) || return 1
  _wfc_count_oom
  _wfc_oom_seen=$_wfc_oom_kills _wfc_oom_last=$_wfc_oom_kills
  ((_wfc_oom_kills > before))
}

# --- the end ---

_wfc_end() {
  local left=$((${#_wfc_rows[@]} - _wfc_done - _wfc_skipped - _wfc_failed - _wfc_blocked)) status=0 tasks=tasks were=were
  ((${#_wfc_rows[@]} != 1)) || tasks=task
  ((_wfc_skipped != 1)) || were=was
  _wfc_kill_tasks
  _wfc_own
  _wfc_remove_markers
  set +f
  command rm -f -- "$_wfc_scratch".*
  set -f
  _wfc_say "$_wfc_stage.$_wfc_element: ${#_wfc_rows[@]} $tasks: $_wfc_done done, $_wfc_skipped $were complete," \
    "$_wfc_failed failed, $_wfc_blocked blocked, $left not ended"
  if ((left > 0)) && [[ $_wfc_stop == limit ]]; then
    # Once more, if that leads anywhere: an element that gets nothing done in its time would come back for ever.
    if [[ -n $_wfc_slurm_id ]] && ((_wfc_done > 0 && _wfc_restarts < 20)); then
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
  _wfc_log_event end "$status"
  exit "$status"
}
