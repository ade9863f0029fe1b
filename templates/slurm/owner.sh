# Which attempt at an element may go on, and the journal that it writes. Expects _wfc_stage, _wfc_element, _wfc_attempt (its
# name), _wfc_folder (the submission's), _wfc_slurm_id and _wfc_restarts.
# shellcheck shell=bash disable=SC2004,SC2034,SC2154

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
  [[ -d ${_wfc_scratch%/*} ]] || command mkdir -p -- "${_wfc_scratch%/*}" || _wfc_die "can't make the folder ${_wfc_scratch%/*}"
  _wfc_yield_to_newer
  # The journal first: who reads the owner's name finds its journal.
  if _wfc_begin_first_journal; then
    ! _wfc_has_older_submission || _wfc_put_name_into "${_wfc_owner_files[0]}"
  else
    _wfc_journal=$_wfc_folder/$name.$_wfc_attempt.tsv
    _wfc_append run "$_wfc_journal_version" "$(command date +%s.%N)" "$_wfc_host" "$_wfc_slurm_id" || _wfc_die "can't write $_wfc_journal"
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
  printf 'run\t%s\t%s\t%s\t%s\t.\n' "$_wfc_journal_version" "$(command date +%s.%N)" "$_wfc_host" "$_wfc_slurm_id" >"$_wfc_journal"
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
  _wfc_own_seconds=$SECONDS
  # Nobody came after the first, whose journal must still be there.
  [[ ! -e ${_wfc_owner_files[0]} && -e $_wfc_journal && $_wfc_names_itself == 0 ]] || _wfc_read_owner
}

_wfc_read_owner() {
  local id=
  IFS= read -r id 2>/dev/null <"${_wfc_owner_files[0]}"
  [[ -n $id || ! -e $_wfc_journal ]] || ((_wfc_names_itself)) || return 0
  [[ ${id##*/} != "$_wfc_attempt" ]] || return 0
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
  for lane in "${!_wfc_lane_pid[@]}"; do
    kill -KILL -- "-${_wfc_lane_pid[lane]}" 2>/dev/null
    _wfc_kill_preloaded "$_wfc_scratch.$lane"
  done
}

# Lines of the journal are written at once where several come together: the end of a task, and the start of the next.
# _wfc_own has just been asked.
_wfc_log_event() {
  local IFS=$'\t'
  _wfc_unwritten+="$*"$'\t.\n'
}

# Before a task starts, and before anybody waits or anything is removed.
_wfc_write_events() {
  [[ -n $_wfc_unwritten ]] || return 0
  printf '%s' "$_wfc_unwritten" >>"$_wfc_journal" || _wfc_die "can't write $_wfc_journal"
  _wfc_unwritten=
}
