# Files, as an attempt sees them: states, the sums of folders, digests of code. The same as src/resume/ and src/io/files/disk.ts.
# Expects _wfc_state, _wfc_is_directory, _wfc_is_summed, _wfc_code_state and _wfc_code_digest (by path), and the current
# task's wfc_ arrays; for the looker, _wfc_has_looker and its descriptors _wfc_look_at and _wfc_seen.
# shellcheck shell=bash disable=SC2004,SC2034,SC2154

# A process that stays and tells the size and time of each file whose name, ended by a NUL, it is given: `du` is the one
# of coreutils that answers name by name. A `stat` a look is what short tasks cost most. It ends with this shell.
_wfc_looker() {
  # scancel signals all processes.
  trap '' HUP INT TERM USR1
  # Opened anew, for reading alone: it ends when the last who can write is gone.
  exec {_wfc_watch}>&- <"/dev/fd/$_wfc_look_at" {_wfc_look_at}>&- || return
  # What it can't look at it tells of in the same place: a line for each name, come what may.
  exec du -b -l -L -s --time --time-style=+%010s.%N --files0-from=- 2>&1
}

# Looks at paths, through the looker or a thousand a process: _wfc_state and _wfc_is_directory by path. The looker is asked for
# a few files (of a folder it would tell the sum of what lies in it): few enough that all names and all answers fit into the
# smallest pipe, or each would wait for the other.
_wfc_look() {
  local IFS=' ' names path text rest k
  names="$*"
  ((${#_wfc_is_directory[@]} == 0)) || for path; do _wfc_is_directory[$path]=''; done
  if ((!_wfc_has_looker || $# > 20 || ${#names} > 2000)) || _wfc_is_any_directory "$@"; then
    _wfc_ask_stat "$@"
    return
  fi
  printf '%s\0' "${@/#-/./-}" >&"$_wfc_look_at"
  # A line for each: `SIZE TIME PATH`, with tabs, or `du: cannot access 'PATH'`, which is the shortest of all. What comes for
  # certain is read in one go, but for the end of the last line: a line takes a system call a character.
  IFS= read -r -N $((${#names} + $# * 20)) -u "$_wfc_seen" text && IFS= read -r -u "$_wfc_seen" rest || _wfc_has_looker=0
  text+=$rest$'\n' IFS=$'\t\n'
  # No path has any of the two, and nothing is globbed.
  # shellcheck disable=SC2206
  _wfc_fields=($text)
  if ((${#_wfc_fields[@]} != 3 * $#)) || [[ $text == *$'\t'[-0]* ]]; then
    if ! _wfc_end_look "$text" $#; then
      _wfc_ask_stat "$@"
      return
    fi
  fi
  for ((k = 0; k < ${#_wfc_fields[@]}; k += 3)); do _wfc_state[${_wfc_fields[k + 2]#./}]=${_wfc_fields[k + 1]}:${_wfc_fields[k]}; done
}

# Of an answer for $2 files that is not what it nearly always is: $1 is what was read. Fails where _wfc_fields is not all of it.
_wfc_end_look() {
  local text=$1 rest lines=${1//[!$'\n']/}
  while ((_wfc_has_looker && ${#lines} < $2)); do
    IFS= read -r -u "$_wfc_seen" rest || _wfc_has_looker=0
    text+=$rest$'\n' lines+=.
  done
  # It is dead, or there is no GNU du: from now on without it.
  ((_wfc_has_looker)) || return
  # Before 2001 `stat` has no leading zeros, and before 1970 the two programs count the fraction differently.
  [[ ! $text =~ $'\t'[-0][0-9]*'.'[0-9]*$'\t' ]] || return
  # shellcheck disable=SC2206
  _wfc_fields=($text)
  ((${#_wfc_fields[@]} == 3 * $2))
}

_wfc_is_any_directory() {
  local path
  for path; do [[ ! -d $path ]] || return 0; done
  return 1
}

_wfc_ask_stat() {
  local path line text try IFS=$'\n'
  local -a lines batch
  for path; do _wfc_state[$path]=''; done
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
        [[ -z ${_wfc_is_summed[$path]-} || -z ${_wfc_is_directory[$path]-} ]] || _wfc_sum_files "$path"
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
  _wfc_code=
  ((${#wfc_code[@]} == 0)) || _wfc_digest_code
}

_wfc_digest_code() {
  local path state try text IFS=.
  local -a digests=()
  _wfc_look "${wfc_code[@]}"
  for path in "${wfc_code[@]}"; do
    state=${_wfc_state[$path]}
    if [[ -z $state || -n ${_wfc_is_directory[$path]-} ]]; then
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

# The states of the task's inputs (less the ancient ones), or of its outputs, into _wfc_now. For a record, see _wfc_text_of.
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

_wfc_without_ancient() {
  _wfc_input_states
  _wfc_states_text
}

# _wfc_now as one text, in _wfc_text: `state,state,…`, or for more than 64 `#count:digest:digest of whole seconds`.
_wfc_states_text() {
  local IFS=,
  if ((${#_wfc_now[@]} <= 64)); then _wfc_text=${_wfc_now[*]}; else _wfc_states_digest; fi
}

# The states of files in one go, as one text.
_wfc_text_of() {
  local path
  _wfc_text=
  if (($# > 64)); then
    _wfc_digest_of "$@"
  else
    for path; do _wfc_text+=,${_wfc_state[$path]:--}; done
    _wfc_text=${_wfc_text#,}
  fi
}

_wfc_digest_of() {
  local path
  _wfc_now=()
  for path; do _wfc_now+=("${_wfc_state[$path]:--}"); done
  _wfc_states_digest
}

_wfc_states_digest() {
  local state rest scale seconds nanoseconds ms k
  local -a exact=() whole=()
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
        while ((ms < 1 << 40 && scale < 1 << 20)); do ms=$((ms * 2)) scale=$((scale * 2)); done
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
