# Runs one task for make, in the spec's folder: task.sh [-s] RULE FINGERPRINT LIST V1 V2 …
# The fields are those of a row of Slurm's task tables, as the functions of rules.sh take them. -s: its outputs have
# stand-ins (see the head of tasks.mk). From make.sh: wfc_journal, the journal that tasks append to.
#
# Names: `wfc_…` are the variables of commands, `_wfc_…` what this file keeps for itself.
# shellcheck shell=bash disable=SC2004,SC2034,SC2154,SC2317

_wfc_main() {
  _wfc_stand_ins=
  [[ $1 != -s ]] || { _wfc_stand_ins=yes && shift; }
  _wfc_rule=$1 _wfc_fingerprint=$2 _wfc_list=$3
  shift 3
  _wfc_values=("$@")
  # No set -u: bash 4.3 takes an empty array for an unset one. No globbing but where it is asked for.
  set +eu -f
  unset TMOUT
  wfc_artifacts=${BASH_SOURCE[0]%/*}
  declare -g -A _wfc_state=() _wfc_is_directory=() _wfc_is_summed=() _wfc_code_state=() _wfc_code_digest=()
  # Bytes, not characters, and a point in decimals; the command gets its own locale back.
  _wfc_had_locale=${LC_ALL+yes} _wfc_locale=${LC_ALL-}
  export LC_ALL=C
  [[ ${MAKEFLAGS%% *} != -* && ${MAKEFLAGS%% *} == *s* ]] && _wfc_silent=yes
  # With -j others may run beside it, of this make's: -j and its jobserver stand in MAKEFLAGS.
  _wfc_oom_alone=1
  [[ " $MAKEFLAGS" != *' -j'* && $MAKEFLAGS != *--jobserver* ]] || _wfc_oom_alone=0
  _wfc_journal=${wfc_journal-} _wfc_work=.wfc/make-run/$$
  # A command that calls make itself must not take part in this one.
  unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES MAKE_TERMOUT MAKE_TERMERR wfc_journal wfc_task
  # shellcheck source=/dev/null
  source "$wfc_artifacts/rules.sh" || exit 1
  "wfc_paths_$_wfc_rule" "$_wfc_list" "${_wfc_values[@]}" || exit 1
  _wfc_note_summed
  _wfc_read_settings
  _wfc_name=${wfc_outputs[0]} _wfc_tries=0 _wfc_stop='' _wfc_group=''
  [[ -n ${_wfc_silent-} ]] || printf '%s: %s\n' "$_wfc_rule" "$_wfc_name"
  trap '_wfc_interrupt' INT TERM HUP
  while _wfc_tries=$((_wfc_tries + 1)) && ! _wfc_attempt; do
    if [[ -n $_wfc_stop ]]; then exit 130; fi
    ((_wfc_tries > 0 && _wfc_tries <= wfc_retries)) || exit 1
  done
  exit 0
}

_wfc_interrupt() {
  _wfc_stop=interrupted
  [[ -z $_wfc_group ]] || _wfc_signal TERM
}

_wfc_signal() {
  kill "-$1" -- "-$_wfc_group" 2>/dev/null
  # A suspended task hears that only when it goes on.
  kill -CONT -- "-$_wfc_group" 2>/dev/null
}

# One line in one write, to a file that is only ever appended to: tasks of the same make share it.
_wfc_note() {
  local IFS=$'\t'
  [[ -n $_wfc_journal ]] || return 0
  [[ -d .wfc/journal ]] || command mkdir -p .wfc/journal
  # Who begins it says where; that two of them do, does no harm.
  [[ -e $_wfc_journal ]] || printf 'run\t%(%s)T\t%s\t\t.\n' -1 "${HOSTNAME//[!A-Za-z0-9._-]/_}" >>"$_wfc_journal"
  printf '%s\t.\n' "$*" >>"$_wfc_journal"
}

_wfc_fail() {
  printf 'wfc: failed: %s: %s%s\n' "$_wfc_name" "$1" "${2:+; log: $2}" >&2
}

# --- one attempt ---

_wfc_attempt() {
  local o path began problem seconds inputs code status
  _wfc_look "${wfc_inputs[@]}"
  for path in "${wfc_inputs[@]}"; do
    [[ -z ${_wfc_state[$path]} ]] || continue
    _wfc_give_up "its input is missing: $path"
    return 1
  done
  _wfc_input_states
  _wfc_states_text
  inputs=$_wfc_text
  _wfc_find_code
  code=$_wfc_code
  _wfc_make_room || return 1
  # If all ends here and now, the next make knows by this file what is half-done.
  printf '%s\n' "${wfc_outputs[@]}" >"$_wfc_work.task" || {
    _wfc_give_up "can't write $_wfc_work.task"
    return 1
  }
  _wfc_open_log
  _wfc_find_oom_counter
  _wfc_clock
  began=$_wfc_us
  _wfc_lane_stop=('') _wfc_lane_limit=("$wfc_time_seconds")
  exec {_wfc_pipe}< <(_wfc_watch_command)
  read -r -u "$_wfc_pipe" _wfc_group
  printf -v seconds '%(%s)T' -1
  _wfc_note started "$_wfc_name" "$_wfc_tries" "$seconds" "$_wfc_group"
  [[ -z $_wfc_stop ]] || _wfc_signal TERM
  _wfc_await "$began"
  exec {_wfc_pipe}<&-
  _wfc_group=
  _wfc_close_log
  _wfc_clock
  printf -v seconds '%d.%03d' $(((_wfc_us - began) / 1000000)) $(((_wfc_us - began) / 1000 % 1000))
  if [[ -n $_wfc_stop ]]; then
    _wfc_remove "${wfc_outputs[@]}"
    printf -v seconds '%(%s)T' -1
    _wfc_note interrupted "$_wfc_name" interrupted "$seconds"
    _wfc_tidy
    return 1
  fi
  _wfc_problem='the shell that ran it was lost'
  [[ -z $_wfc_status ]] || _wfc_find_problem 0 "$_wfc_status"
  if [[ -n $_wfc_problem ]]; then
    _wfc_remove "${wfc_outputs[@]}"
    _wfc_note failed "$_wfc_name" "$_wfc_tries" "$_wfc_status" "$_wfc_problem"
    _wfc_fail "$_wfc_problem (attempt $_wfc_tries of $((wfc_retries + 1)))" "$_wfc_kept_log"
    _wfc_tidy
    return 1
  fi
  _wfc_renew
  _wfc_protect
  _wfc_write_stand_ins
  _wfc_output_states
  _wfc_states_text
  _wfc_note "done" "$_wfc_name" "$_wfc_fingerprint$code" "$wfc_checks_id" "$seconds" "$inputs" "$_wfc_text"
  _wfc_tidy
}

# It failed before its command could start: no attempt is left.
_wfc_give_up() {
  _wfc_fail "$1"
  _wfc_tries=-1
}

# An attempt starts from nothing: an old output must not pass for a new one.
_wfc_make_room() {
  local o path
  for o in "${!wfc_outputs[@]}"; do
    path=${wfc_outputs[o]}
    if [[ -e $path || -L $path ]]; then
      if ((wfc_protected[o])) && _wfc_is_protected "$path"; then
        _wfc_give_up "its output is protected: to make it anew, run chmod -R u+w $path, or remove it"
        return 1
      fi
      _wfc_remove "$path"
    fi
    _wfc_make_parent "$path"
    if [[ -e $path || -L $path || ($path == */* && ! -d ${path%/*}/) ]]; then
      _wfc_give_up "can't make room for its output: $path"
      return 1
    fi
  done
  _wfc_set_marker "$_wfc_name"
}

# Starts the command in a process group of its own, so that all that it starts can be stopped; tells the group and then
# the exit status. A signal to make's own group must not end this process before the command has ended.
_wfc_watch_command() {
  local status again
  trap ':' INT TERM HUP
  set -m
  _wfc_run_command </dev/null >>"$_wfc_file" 2>&1 &
  set +m
  echo "$!"
  wait "$!"
  status=$?
  while kill -0 "$!" 2>/dev/null; do
    wait "$!"
    again=$?
    ((again != 127)) || break
    status=$again
  done
  # What a task leaves running must not write to its outputs any more.
  kill -KILL -- "-$!" 2>/dev/null
  echo "$status"
} 2>/dev/null

_wfc_run_command() {
  set +mf
  if [[ -n $_wfc_had_locale ]]; then LC_ALL=$_wfc_locale; else unset LC_ALL; fi 2>/dev/null
  trap - INT HUP
  _wfc_stop_gently
  [[ -z $_wfc_attempt_line ]] || _wfc_head_attempt "$_wfc_tries" "${_wfc_journal:-make}" ""
  wfc_attempt=$_wfc_tries
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
}

# Until the command has ended; its limit, and after a second its log, are looked after meanwhile.
_wfc_await() {
  local left part kill_at='' limit=
  _wfc_status=
  [[ -z $wfc_time_seconds ]] || limit=$(($1 + wfc_time_seconds * 1000000))
  while :; do
    _wfc_clock
    left=1000000
    [[ -z $limit || -n $kill_at ]] || ((limit - _wfc_us >= left)) || left=$((limit - _wfc_us))
    ((left > 1000)) || left=1000
    printf -v left '%d.%06d' $((left / 1000000)) $((left % 1000000))
    part=
    read -r -t "$left" -u "$_wfc_pipe" part
    left=$?
    # A part of the line may have come when the time is up.
    _wfc_status+=$part
    ((left > 128)) || return 0
    _wfc_clock
    if [[ -n $kill_at ]]; then
      ((_wfc_us < kill_at)) || _wfc_signal KILL
    elif [[ -n $_wfc_stop ]]; then
      kill_at=$((_wfc_us + 10000000))
    elif [[ -n $limit ]] && ((_wfc_us > limit)); then
      printf 'wfc: time limit of %s s reached\n' "$wfc_time_seconds" >>"$_wfc_file"
      _wfc_lane_stop=('time limit') kill_at=$((_wfc_us + 10000000))
      _wfc_signal TERM
    fi
    _wfc_show_own_log
    ((_wfc_oom_alone)) || _wfc_sample_oom
  done
}

# --- the log ---

# A short task that writes nothing leaves no log and no folder for one: it writes to a scratch file, which becomes the
# log. A log of the user's may lie on another file system, where nothing can be moved to.
_wfc_open_log() {
  _wfc_attempt_line='' _wfc_file=$_wfc_work.log _wfc_log_path=$wfc_log
  [[ $_wfc_log_path != -* ]] || _wfc_log_path=./$_wfc_log_path
  if ((_wfc_tries > 1)) || [[ -e $_wfc_log_path ]]; then _wfc_attempt_line=yes; fi
  if [[ -n $_wfc_attempt_line || $_wfc_log_path != .wfc/* || $(declare -f "wfc_rule_$_wfc_rule" "wfc_bind_$_wfc_rule") == *wfc_log* ]]; then
    _wfc_make_parent "$_wfc_log_path"
    _wfc_file=$_wfc_log_path
  fi
  : >>"$_wfc_file"
}

# By a rename: who writes to it writes on.
_wfc_show_own_log() {
  [[ $_wfc_file != "$_wfc_log_path" && -s $_wfc_file ]] || return 0
  _wfc_make_parent "$_wfc_log_path"
  command mv -f -- "$_wfc_file" "$_wfc_log_path" && _wfc_file=$_wfc_log_path
}

_wfc_close_log() {
  _wfc_show_own_log
  _wfc_kept_log=$_wfc_log_path
  [[ ! -s $_wfc_log_path ]] || return 0
  _wfc_kept_log=
  [[ $_wfc_file != "$_wfc_log_path" ]] || command rm -f -- "$_wfc_file"
}

# --- after the command ---

# Make goes by times alone: an output that kept an old time (cp -p) would be made again for ever. It gets the time of the
# newest input, which may be the stand-in of its code. A link has a time of its own (make -L), a directory its stand-in.
_wfc_renew() {
  local k o path
  _wfc_newest=
  for k in "${!wfc_inputs[@]}"; do
    ((!wfc_ancient[k])) || continue
    path=${wfc_inputs[k]/#-/./-}
    [[ -n $_wfc_newest && ! $path -nt $_wfc_newest ]] || _wfc_newest=$path
  done
  path=.wfc/stamps/@code/$_wfc_rule@
  ((${#wfc_code[@]} == 0)) || [[ -n $_wfc_newest && ! $path -nt $_wfc_newest ]] || _wfc_newest=$path
  [[ -n $_wfc_newest ]] || return 0
  for o in "${!wfc_outputs[@]}"; do
    path=${wfc_outputs[o]/#-/./-}
    [[ ! -L $path && ! -d $path && $path -ot $_wfc_newest ]] || continue
    command touch -r "$_wfc_newest" -- "$path"
    _wfc_look "${wfc_outputs[o]}"
  done
}

# See the head of tasks.mk. The encoding is that of src/target/make/names.ts.
_wfc_write_stand_ins() {
  local o path stamp c i rest
  [[ -n $_wfc_stand_ins ]] || return 0
  for o in "${!wfc_outputs[@]}"; do
    path=${wfc_outputs[o]} stamp=
    rest=$path
    [[ $rest != /* ]] || stamp=@root rest=${rest#/}
    while [[ $rest == ../* ]]; do stamp+=${stamp:+/}@up rest=${rest#../}; done
    [[ -z $stamp ]] || stamp+=/
    if [[ $rest == *[!A-Za-z0-9_./+,^-]* ]]; then
      for ((i = 0; i < ${#rest}; i++)); do
        c=${rest:i:1}
        [[ $c == [A-Za-z0-9_./+,^-] ]] || printf -v c '@%02X' "'$c"
        stamp+=$c
      done
    else
      stamp+=$rest
    fi
    stamp=.wfc/stamps/$stamp@
    [[ -d ${stamp%/*} ]] || command mkdir -p -- "${stamp%/*}"
    if [[ -d $path ]]; then command touch -- "$stamp"; else command touch -r "${path/#-/./-}" -- "$stamp"; fi
    [[ -z $_wfc_newest || ! $stamp -ot $_wfc_newest ]] || command touch -r "$_wfc_newest" -- "$stamp"
  done
}

# For {input:list} of inputs that no list file holds: the name of a file with one path a line.
wfc_write_list() {
  local file=$_wfc_work.list${1:+-$1}
  shift
  printf '%s\n' "$@" >"$file"
  printf '%s\n' "$file"
}

_wfc_tidy() {
  local file
  local -a files=("$_wfc_work.task")
  _wfc_find_marker "$_wfc_name"
  [[ -z $_wfc_marker ]] || files+=("$_wfc_marker")
  [[ ! -e $_wfc_work.log ]] || files+=("$_wfc_work.log")
  set +f
  for file in "$_wfc_work.list"*; do [[ ! -e $file ]] || files+=("$file"); done
  set -f
  command rm -f -- "${files[@]}"
}

_wfc_main "$@"
