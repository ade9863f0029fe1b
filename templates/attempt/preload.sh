# Runs scripts in interpreters that have imported their modules already: one stays up for each lane and each set of modules,
# and forks a child for each script (templates/preload/ says how). Expects _wfc_preload_home, a path for files of this lane,
# or '' where each script starts its own interpreter; _wfc_preload_folder, where the programs of templates/preload/ lie; and
# _wfc_journal, the file. Interpreters are started by what _wfc_within says, if it is set: wfc_exec_container and an image.
# Needs /proc: the interpreter's pipes and the descriptors of the task are opened there.
# shellcheck shell=bash disable=SC2004,SC2034,SC2154

# A script with its interpreter: `wfc_preloaded ID MODULES PROGRAM SCRIPT ARG…`, as `PROGRAM SCRIPT ARG…` would run it. ID:
# of the modules and of all that is set up before them. Ends with the script's exit status.
wfc_preloaded() {
  local _wfc_home=${_wfc_preload_home-} _wfc_modules=$2 _wfc_process _wfc_try _wfc_status=''
  [[ -z $_wfc_home ]] || _wfc_home=$_wfc_home.$1.preload
  shift 2
  for _wfc_try in 1 2 3; do
    [[ -n $_wfc_home && -d /proc/self/fd ]] || break
    _wfc_process=
    { IFS=' ' read -r _wfc_process <"$_wfc_home"; } 2>/dev/null || :
    [[ $_wfc_process != cold ]] || break
    if [[ -z $_wfc_process ]] || ! _wfc_ask_preloader "$_wfc_process" "$@"; then
      _wfc_start_preloader "$@" || break
      continue
    fi
    return "$_wfc_status"
  done
  [[ -z $_wfc_status ]] || return "$_wfc_status"
  ${_wfc_within[@]+"${_wfc_within[@]}"} "$@"
}

# Has the interpreter with process id $1 run `PROGRAM SCRIPT ARG…`, which follow. Fails where it is none of ours any more, or
# not one as a new one would be; nothing has been started then.
_wfc_ask_preloader() {
  local _wfc_to _wfc_from _wfc_who _wfc_what _wfc_detail _wfc_child='' _wfc_stopped='' _wfc_gpus=${CUDA_VISIBLE_DEVICES-}
  local _wfc_has_gpus=${CUDA_VISIBLE_DEVICES+yes}
  { exec {_wfc_from}<"/proc/$1/fd/9" {_wfc_to}>"/proc/$1/fd/8"; } 2>/dev/null || return 1
  # The script may take its time to end.
  trap '_wfc_stopped=yes; [[ -z $_wfc_child ]] || kill -TERM -- "$_wfc_child" 2>/dev/null' TERM
  # Each task has its own; all else in the environment is to be the same.
  export -n CUDA_VISIBLE_DEVICES
  {
    printf '%s\0' "$BASHPID" "$(($# - 2))" "${@:3}" "$_wfc_has_gpus" "$_wfc_gpus"
    export -p
    printf '%s ' ${_wfc_within[@]+"${_wfc_within[@]}"}
    printf '\0end\0'
  } >&"$_wfc_to"
  [[ -z $_wfc_has_gpus ]] || export CUDA_VISIBLE_DEVICES
  while :; do
    if ! IFS=' ' read -r -u "$_wfc_from" _wfc_who _wfc_what _wfc_detail; then
      # Where it lives, a signal ended the reading. (One that nobody has waited for has no descriptors any more.)
      [[ -e /proc/$1/fd/9 ]] || break
      continue
    fi
    [[ $_wfc_who == "$BASHPID" ]] || continue
    case $_wfc_what in
      started) _wfc_child=$_wfc_detail ;;
      leads)
        # It has not begun: who kills this group from here on finds that one noted.
        _wfc_child=-$_wfc_detail
        printf '%s\n' "$_wfc_detail" >"$_wfc_preload_home.group" || break
        [[ -z $_wfc_stopped ]] || break
        printf 'go\0' >&"$_wfc_to"
        ;;
      ended)
        _wfc_status=$_wfc_detail
        break
        ;;
      *) break ;;
    esac
  done
  exec {_wfc_from}<&- {_wfc_to}>&-
  if [[ -n $_wfc_child && -z $_wfc_status ]]; then
    # Who stops a job signals all of its processes, one after another.
    command sleep 1
    while [[ -n $_wfc_stopped ]] && kill -0 -- "$_wfc_child" 2>/dev/null; do command sleep 0.1; done
    kill -KILL -- "$_wfc_child" 2>/dev/null
  fi
  [[ $_wfc_child != -* ]] || : >"$_wfc_preload_home.group"
  _wfc_stop_gently
  [[ -z $_wfc_stopped ]] || exit 143
  if [[ -n $_wfc_child && -z $_wfc_status ]]; then
    printf 'wfc: preload: the interpreter that ran this was lost\n' >&2
    _wfc_status=1
  fi
  [[ -n $_wfc_status ]]
}

# Kills what runs a script in a process group of its own, for the lane whose _wfc_preload_home is $1. To be called once the
# group of the lane's task was killed: nobody notes another then.
_wfc_kill_preloaded() {
  local group=
  [[ -s $1.group ]] || return 0
  read -r group <"$1.group"
  : >"$1.group"
  kill -KILL -- "-$group"
} 2>/dev/null

# Puts into _wfc_preloaded the processes that run scripts for the lane whose _wfc_preload_home is $1.
_wfc_find_preloaded() {
  local file process
  local -a children
  _wfc_preloaded=()
  set +f
  for file in "$1".*.preload; do
    process=
    read -r process <"$file"
    [[ -n $process && $process != cold ]] || continue
    children=()
    IFS=' ' read -r -a children <"/proc/$process/task/$process/children"
    _wfc_preloaded+=("${children[@]}")
  done 2>/dev/null
  set -f
}

# Becomes the interpreter `$@`; in a container, waits for it. What enters the container may stay beside the interpreter:
# in a group of its own, where the end of this task does not reach it.
_wfc_keep_up() {
  [[ -n ${_wfc_within-} ]] || exec "$@"
  set -m
  "${_wfc_within[@]}" "$@" &
  wait "$!"
}

# Brings one up that has imported the modules, for `PROGRAM SCRIPT ARG…`, which follow. Fails where none is up: _wfc_status
# is that of the failed import, or '' where scripts are to run without.
_wfc_start_preloader() {
  local _wfc_ready _wfc_word='' _wfc_process='' _wfc_seconds='' _wfc_client=$BASHPID _wfc_program=$_wfc_preload_folder/$1.${2##*.}
  # Both ends of a pipe, each.
  # shellcheck disable=SC2261
  exec {_wfc_ready}< <(exec 7>&1 >&2 8<> <(:) 9<> <(:) && _wfc_keep_up "$1" "$_wfc_program" "$$" "$_wfc_client" "$_wfc_modules")
  IFS=' ' read -r -u "$_wfc_ready" _wfc_word _wfc_process _wfc_seconds
  exec {_wfc_ready}<&-
  case $_wfc_word in
    ready)
      printf '%s\n' "$_wfc_process" >"$_wfc_home"
      _wfc_word=${_wfc_home%.preload}
      printf 'preload\t%s\t%s\t.\n' "${_wfc_word##*.}" "$_wfc_seconds" >>"$_wfc_journal"
      ;;
    failed)
      _wfc_status=1
      return 1
      ;;
    *)
      printf 'wfc: preload: %s can'\''t be kept up here: tasks start it anew each\n' "$1" >&2
      printf 'cold\n' >"$_wfc_home"
      return 1
      ;;
  esac
}
