# What an attempt does with the outputs of its task: makes room for them, marks them as not whole, removes them, tells what
# is wrong with them. Expects the current task's wfc_ arrays, and the states of its files (files.sh).
# shellcheck shell=bash disable=SC2004,SC2034,SC2154

# An attempt starts from nothing: an old output must not pass for a new one. Fails with
# what is in the way in _wfc_problem.
_wfc_make_room() {
  local path
  for path in "${wfc_outputs[@]}"; do
    # As nearly always, there is a place for it, and nothing is in the way.
    [[ ! -e $path && ! -L $path && ($path != */* || -d ${path%/*}/) ]] || _wfc_clear_way || return
  done
}

_wfc_clear_way() {
  local o path
  for o in "${!wfc_outputs[@]}"; do
    path=${wfc_outputs[o]}
    if [[ -e $path || -L $path ]]; then
      if ((wfc_protected[o])) && _wfc_is_protected "$path"; then
        _wfc_problem=output_protected:$path
        return 1
      fi
      _wfc_remove "$path"
    fi
    _wfc_make_parent "$path"
    if [[ -e $path || -L $path || ($path == */* && ! -d ${path%/*}/) ]]; then
      _wfc_problem=no_room:$path
      return 1
    fi
  done
}

_wfc_make_parent() {
  [[ $1 != */* || -d ${1%/*}/ ]] || command mkdir -p -- "${1%/*}"
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
  while ((${#there[@]} > 0)); do
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

# Read-only; a link's own mode means nothing, and its target is not ours.
_wfc_protect() {
  local o
  for o in "${!wfc_outputs[@]}"; do
    ((!wfc_protected[o])) || [[ -L ${wfc_outputs[o]} ]] || command chmod -R a-w -- "${wfc_outputs[o]}"
  done
}

# A file beside a task's first output, $1, from the first act of an attempt until its record: where .wfc/ is lost, it still
# tells a half-written output from a whole one. Sets _wfc_marker; '' where the name would be too long for a file system.
_wfc_find_marker() {
  local name=${1##*/}
  _wfc_marker=${1%"$name"}.$name.wfc-incomplete
  ((${#name} <= 239)) || _wfc_marker=
  [[ $_wfc_marker != -* ]] || _wfc_marker=./$_wfc_marker
}

_wfc_set_marker() {
  _wfc_find_marker "$1"
  [[ -z $_wfc_marker ]] || : >"$_wfc_marker"
}

# Why the attempt in lane $1 with exit status $2 did not succeed, as a code with its details, in _wfc_problem, which is ''
# before: by how its command ended.
_wfc_find_failure() {
  local name check=
  # Taken away in any case: the next attempt in this lane must not find it.
  if [[ ${2:-0} != 0 && -e $_wfc_scratch.check-$1 ]]; then
    IFS= read -r check <"$_wfc_scratch.check-$1"
    command rm -f -- "$_wfc_scratch.check-$1"
  fi
  if [[ -z $2 ]]; then
    _wfc_problem=shell_lost
  elif [[ ${_wfc_lane_stop[$1]} == 'time limit' ]]; then
    _wfc_problem=time_limit:${_wfc_lane_limit[$1]}
  elif (($2 != 0)) && _wfc_was_out_of_memory "$2"; then
    _wfc_problem=out_of_memory
  elif (($2 > 128 && $2 < 160)) && name=$(kill -l $(($2 - 128)) 2>/dev/null); then
    _wfc_problem=signal:$2:$name
    [[ $name != PIPE ]] || _wfc_problem=broken_pipe:$2
  elif [[ -n $check ]]; then
    _wfc_problem=check_failed:$check
  elif (($2 != 0)); then
    _wfc_problem=exit_status:$2
  fi
}

# The same by what it left. Looks at the outputs.
_wfc_judge_outputs() {
  local path
  _wfc_look "${wfc_outputs[@]}" "${_wfc_next_inputs[@]}"
  _wfc_seen_ahead=$_wfc_next_row
  # As nearly always: files, of which nothing more is asked.
  if [[ ${wfc_directory[*]}${wfc_min_bytes[*]} != *[1-9]* && ${#_wfc_is_directory[@]} == 0 ]]; then
    for path in "${wfc_outputs[@]}"; do [[ -n ${_wfc_state[$path]} ]] || break; done
    [[ -z ${_wfc_state[$path]} ]] || return 0
  fi
  _wfc_find_fault
}

_wfc_find_fault() {
  local o path size
  for o in "${!wfc_outputs[@]}"; do
    path=${wfc_outputs[o]}
    size=${_wfc_state[$path]##*:}
    if [[ -z ${_wfc_state[$path]} && -L $path ]]; then
      _wfc_problem="output_dangling:$path -> $(readlink -- "$path")"
      # It stands in a journal.
      _wfc_problem=${_wfc_problem//[[:cntrl:]]/?}
    elif [[ -z ${_wfc_state[$path]} ]]; then
      _wfc_problem=output_missing:$path
    elif ((wfc_directory[o])) && [[ -z ${_wfc_is_directory[$path]-} ]]; then
      _wfc_problem=output_no_directory:$path
    elif ((!wfc_directory[o])) && [[ -n ${_wfc_is_directory[$path]-} ]]; then
      _wfc_problem=output_is_directory:$path
    elif ((wfc_directory[o])) && _wfc_is_empty_directory "$path"; then
      _wfc_problem=output_directory_empty:$path
    elif [[ -n ${wfc_min_bytes[o]-} ]] && ((size < wfc_min_bytes[o])); then
      _wfc_problem=output_too_small:$size:${wfc_min_bytes[o]}:$path
      ((wfc_min_bytes[o] > 1)) || _wfc_problem=output_empty:$path
    fi
    [[ -z $_wfc_problem ]] || return 0
  done
}

_wfc_is_empty_directory() {
  local path
  set +f
  for path in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    [[ ! -e $path && ! -L $path ]] || break
    path=
  done
  set -f
  [[ -z $path ]]
}
