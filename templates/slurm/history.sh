# What journals tell: those of earlier attempts at this element. By task name: _wfc_known (the last event), _wfc_record (of
# what it did itself), _wfc_made (states of its outputs), _wfc_peak, _wfc_where, _wfc_problems, _wfc_cause, _wfc_home (position of
# the source that told).
# shellcheck shell=bash disable=SC2004,SC2034,SC2154

# Takes in the journal $1; $2: which source it is, '' for this element's own past. 0 where it has an end.
_wfc_read_journal() {
  local -a lines=() f=()
  local line task peak host='' ended=1 IFS=$'\037' has_wanted=0
  [[ -z $2 || ${#_wfc_wanted[@]} == 0 ]] || has_wanted=1
  mapfile -t lines 2>/dev/null <"$1" || return 1
  for line in "${lines[@]}"; do
    [[ $line == *$'\t.' ]] || continue
    if ((has_wanted)); then
      # Of others' tasks, most are no concern of this element's, and they are many.
      task=${line#*$'\t'}
      [[ -n ${_wfc_wanted[${task%%$'\t'*}]-} || $line == [re]* ]] || continue
    fi
    # Tabs count as blanks for bash, which would lose empty fields.
    # shellcheck disable=SC2206
    f=(${line//$'\t'/$'\037'})
    task=${f[1]-}
    # The number of fields, too: a torn line may have a later one behind it.
    case ${f[0]}:${#f[@]} in
      # The first version had no number.
      run:5) host=${f[2]} && continue ;;
      run:*)
        # A later one is not misread. Of a torn line the second field may be anything.
        [[ $task == *[!0-9]* ]] || ((${#task} > 4 || task <= _wfc_journal_version)) ||
          _wfc_die "a newer wfc wrote $1 (version $task)"
        ((${#f[@]} != 6)) || host=${f[3]}
        continue
        ;;
      started:6) [[ -n $2 ]] || _wfc_where[$task]="$host ${f[4]}" ;;
      done:8 | done:9)
        [[ ${#f[@]} == 8 || (${f[7]} != *[!0-9]* && ${f[7]} != 0*) ]] || continue
        _wfc_made[$task]=${f[6]}
        # To be written again.
        [[ -n $2 ]] || _wfc_peak[$task]=${f[*]:7:${#f[@]}-8} _wfc_record[$task]=${f[2]}$IFS${f[3]}$IFS${f[4]}$IFS${f[5]}
        ;;
      failed:6 | failed:7)
        peak=${f[*]:5:${#f[@]}-6}
        [[ $peak != *[!0-9]* && $peak != 0* ]] || continue
        # It never started: its record stands, as that of an attempt that has no end.
        [[ -n $2 || ${f[2]} != 0 ]] || continue
        _wfc_problems[$task]=${f[4]}
        ;;
      blocked:4) _wfc_cause[$task]=${f[2]} ;;
      # Once without a cause.
      interrupted:3 | interrupted:5) ;;
      end:3) ended=0 && continue ;;
      *) continue ;;
    esac
    _wfc_known[$task]=${f[0]} _wfc_home[$task]=$2
  done
  return $ended
}

# What earlier attempts at this element did, in this submission and in others of the same artifacts.
_wfc_read_history() {
  _wfc_forget_history
  _wfc_read_earlier_journals
  if ((${#_wfc_where[@]} > 0)) && _wfc_may_have_predecessor; then
    _wfc_await_predecessor
    _wfc_forget_history
    _wfc_read_earlier_journals
  fi
}

_wfc_forget_history() {
  _wfc_known=() _wfc_record=() _wfc_made=() _wfc_peak=()
}

# A task began in an earlier attempt and has no end, and its processes may live: somewhere else, or here.
_wfc_may_have_predecessor() {
  local task where
  for task in "${_wfc_names[@]}"; do
    [[ ${_wfc_known[$task]-} == started ]] || continue
    where=${_wfc_where[$task]}
    [[ ${where% *} == "$_wfc_host" ]] && ! kill -0 -- "-${where##* }" 2>/dev/null || return 0
  done
  return 1
}

# Until it can be relied on that an earlier attempt has seen that it has lost the element, and has killed its tasks. It looks
# every two seconds, at what its node shows: on file systems that lag that is an old state. Where Slurm itself started the
# element again, its node may have been lost just before, and all of the budget for what is late may be waited for.
_wfc_await_predecessor() {
  local seconds=$_wfc_wait_seconds
  ((_wfc_restarts > 0 || seconds < 5)) || seconds=5
  _wfc_say "$_wfc_stage.$_wfc_element: gives an earlier attempt time to see that it has lost the element"
  while ((_wfc_waited < seconds * 1000000)) && [[ -z $_wfc_stop ]] && _wfc_may_have_predecessor; do
    command sleep 1
    _wfc_waited=$((_wfc_waited + 1000000))
  done
  _wfc_own
}

_wfc_read_earlier_journals() {
  local file key i kind time later folder restarts name=$_wfc_stage.$_wfc_element
  local -a files=() sorted=() keys=()
  set +f
  if [[ -n $_wfc_submissions ]]; then
    files=("$_wfc_parent"/*-slurm-"$_wfc_submissions/$name".*tsv)
  else
    files=("$_wfc_folder/$name".*tsv)
  fi
  set -f
  # By submission, restarts and the time of their start, for clocks of nodes may differ; never by job id: ids sort wrongly as
  # text, and start anew after a while.
  for file in "${files[@]}"; do
    [[ $file != "$_wfc_journal" ]] || continue
    kind=
    IFS=$'\t' read -r kind time later _ 2>/dev/null <"$file"
    [[ $kind == run ]] || continue
    key=$time
    # Behind the number of a version.
    [[ $time != "$_wfc_journal_version" ]] || key=$later
    # `NAME.tsv` is what the first attempt wrote, `NAME.SLURMID.RESTARTS.PROCESS.HOST.tsv` what another one did.
    restarts=${file##*/"$name".} restarts=${restarts#*.} restarts=${restarts%%.*}
    [[ $restarts != *[!0-9]* ]] || restarts=0
    folder=${file%/*} folder=${folder##*/}
    printf -v key '%s %09d %s' "${folder%%-*}" "$((10#$restarts))" "$key"
    for ((i = ${#sorted[@]}; i > 0; i--)); do
      [[ ${keys[i - 1]} > $key ]] || break
      keys[i]=${keys[i - 1]} sorted[i]=${sorted[i - 1]}
    done
    keys[i]=$key sorted[i]=$file
  done
  for file in "${sorted[@]}"; do _wfc_read_journal "$file" ''; done
}
