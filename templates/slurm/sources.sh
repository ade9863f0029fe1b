# The elements whose records matter here, and waiting for those and for files that are late. Expects wfc_same_element and
# wfc_all_elements; the loop's _wfc_ready and _wfc_later.
# shellcheck shell=bash disable=SC2004,SC2034,SC2154

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

# Nothing else is left to do: wait for what is late. One budget for all tasks, or many of them would wait for hours.
_wfc_be_patient() {
  local from
  if ((_wfc_waited >= _wfc_wait_seconds * 1000000)); then
    _wfc_patient=0
  else
    _wfc_write_events
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
