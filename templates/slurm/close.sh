# The closing job of a submission: it runs when all arrays have ended, says what came of the tasks, and fails when one is
# not done, so that Slurm's own accounting shows it. Needs bash 4.3 and coreutils.
#
#     source "$1/close-lib.sh"   # $1 = D, the artifacts folder, $2 = journal folder of this submission
#     wfc_close "$1" "$2" STAGE=ELEMENTS …
#
# Reads the journals (see runner.sh); of each element the newest attempt counts. Removes the paths listed in
# D/tables/temps.txt, one a line, if there is such a file: temp outputs that nobody needs any more. Then runs D/notify.sh, if
# there is one.
# shellcheck shell=bash disable=SC2154

wfc_close() {
  wfc_artifacts=${1%/} _wfc_folder=${2%/}
  shift 2
  set +eu -f
  _wfc_had_locale=${LC_ALL+yes} _wfc_locale=${LC_ALL-}
  export LC_ALL=C
  # shellcheck source=/dev/null
  source "$wfc_artifacts/runner.sh" || exit 1
  # shellcheck source=/dev/null
  source "$wfc_artifacts/rules.sh" || exit 1
  _wfc_close_stages "$@"
  _wfc_remove_temps
  [[ ! -e $wfc_artifacts/notify.sh ]] || _wfc_notify
  ((_wfc_not_done == 0)) || exit 1
  exit 0
}

_wfc_close_stages() {
  local argument stage s task kind total
  local -A known_of=()
  declare -g -A _wfc_known=() _wfc_record=() _wfc_made=() _wfc_cause=() _wfc_home=() _wfc_where=() _wfc_problems=()
  declare -g -a _wfc_failures=() _wfc_lost=()
  local -i all_tasks=0 all_blocked=0
  declare -g -i _wfc_all_done=0 _wfc_all_failed=0
  printf 'wfc: %s\n' "${_wfc_folder##*/}"
  printf '%-32s %8s %8s %8s %8s %8s\n' stage tasks 'done' failed blocked 'not run'
  for argument; do
    stage=${argument%%=*}
    # A stage at a time: the records of 81,912 tasks need not be in memory at once.
    _wfc_known=() _wfc_record=() _wfc_made=() _wfc_home=() _wfc_where=()
    _wfc_sources=() _wfc_source_ended=() _wfc_source_attempt=() _wfc_stage_tasks=0
    _wfc_list_elements "$stage" 0 "${argument#*=}"
    _wfc_count_tasks "$stage" "${argument#*=}"
    _wfc_read_sources
    known_of=(["done"]=0 [failed]=0 [blocked]=0)
    for task in "${!_wfc_known[@]}"; do
      kind=${_wfc_known[$task]}
      known_of[$kind]=$((${known_of[$kind]-0} + 1))
      [[ $kind != failed ]] || _wfc_failures+=("${_wfc_sources[${_wfc_home[$task]}]}"$'\t'"$task")
    done
    for s in "${!_wfc_sources[@]}"; do [[ -n ${_wfc_source_ended[s]-} ]] || _wfc_lost+=("${_wfc_sources[s]}"); done
    total=$_wfc_stage_tasks
    printf '%-32s %8d %8d %8d %8d %8d\n' "$stage" "$total" "${known_of["done"]}" "${known_of[failed]}" \
      "${known_of[blocked]}" $((total - known_of["done"] - known_of[failed] - known_of[blocked]))
    all_tasks+=$total _wfc_all_done+=${known_of["done"]} _wfc_all_failed+=${known_of[failed]} all_blocked+=${known_of[blocked]}
  done
  _wfc_not_done=$((all_tasks - _wfc_all_done))
  printf '%-32s %8d %8d %8d %8d %8d\n' 'in all' "$all_tasks" "$_wfc_all_done" "$_wfc_all_failed" "$all_blocked" \
    $((_wfc_not_done - _wfc_all_failed - all_blocked))
  _wfc_list_lost
  _wfc_list_failures
}

# Tasks in the first $2 elements of stage $1, into _wfc_stage_tasks.
_wfc_count_tasks() {
  local line
  local -a lines fields
  mapfile -t -n "$2" lines <"$wfc_artifacts/tables/$1.index"
  for line in "${lines[@]}"; do
    # shellcheck disable=SC2206
    fields=($line)
    _wfc_stage_tasks=$((_wfc_stage_tasks + ${fields[1]:-0}))
  done
}

# Elements whose newest attempt wrote no end: never started, killed, or lost with their node.
_wfc_list_lost() {
  ((${#_wfc_lost[@]} > 0)) || return 0
  local ends='elements did not come to their'
  ((${#_wfc_lost[@]} > 1)) || ends='element did not come to its'
  printf '\n%d %s end (killed, cancelled or never started)%s:\n' "${#_wfc_lost[@]}" "$ends" \
    "$( ((${#_wfc_lost[@]} <= 20)) || echo ', the first 20')"
  printf '  %s\n' "${_wfc_lost[@]:0:20}"
}

_wfc_list_failures() {
  local line task
  ((${#_wfc_failures[@]} > 0)) || return 0
  printf '\n%d task%s failed%s:\n' "${#_wfc_failures[@]}" "$( ((${#_wfc_failures[@]} == 1)) || echo s)" \
    "$( ((${#_wfc_failures[@]} <= 20)) || echo ', the first 20')"
  # In the order of stage and element, which does not change from one look to the next.
  while IFS= read -r line; do
    task=${line#*$'\t'}
    _wfc_find_words "${_wfc_problems[$task]}"
    printf '  %s: %s\n' "$task" "$_wfc_words"
    _wfc_find_log "${line%%$'\t'*}" "$task"
    [[ -z $_wfc_found_log ]] || printf '    log: %s\n' "$_wfc_found_log"
  done < <(printf '%s\n' "${_wfc_failures[@]}" | command sort -V | command head -n 20)
}

# The log of a task in element STAGE.I, where it has one: its row tells.
_wfc_find_log() {
  local row
  _wfc_found_log=
  _wfc_load_rows "${1%.*}" "${1##*.}" || return 0
  for row in "${!_wfc_rows[@]}"; do
    _wfc_read_row "$row"
    [[ ${wfc_outputs[0]} == "$2" ]] || continue
    [[ ! -s $wfc_log ]] || _wfc_found_log=$wfc_log
    return
  done
}

_wfc_remove_temps() {
  local list=$wfc_artifacts/tables/temps.txt
  local -a paths=()
  [[ -e $list ]] || return 0
  mapfile -t paths <"$list"
  _wfc_remove "${paths[@]}"
}

# What the profile asks for when all is over; it reads what this job has printed. Nothing that it does changes how the job ends.
_wfc_notify() {
  local status summary=$_wfc_folder/elements/close.out said=$_wfc_folder/elements/notify.out
  [[ -r $summary ]] || summary=/dev/null
  (
    if [[ -n $_wfc_had_locale ]]; then LC_ALL=$_wfc_locale; else unset LC_ALL; fi
    export WFC_STATUS=failed WFC_DONE=$_wfc_all_done WFC_FAILED=$_wfc_all_failed
    ((_wfc_not_done > 0)) || WFC_STATUS="done"
    exec timeout -k 5 60 bash "$wfc_artifacts/notify.sh" <"$summary" >"$said" 2>&1
  )
  status=$?
  case $status in
    0) ;;
    124 | 137) printf '\nwarning: notify of the profile was stopped after a minute\n' ;;
    *) printf '\nwarning: notify of the profile failed with exit status %d; it said: %s\n' "$status" "$said" ;;
  esac
}
