# The log of an attempt. A task that writes nothing leaves no log and no folder for one: its output goes to a scratch file,
# which becomes the log once there is something in it. Expects the current task's _wfc_rule and wfc_log; _wfc_run and
# _wfc_slurm_id, the run and the job that the attempt belongs to. By lane: _wfc_lane_log, and _wfc_lane_file, where the
# attempt writes. By rule: _wfc_uses_log.
# shellcheck shell=bash disable=SC2004,SC2034,SC2154

# Where the attempt that is about to start in lane $1, its task's $2th, writes: to the scratch file $3, or to the log at
# once, where it was there before, the command names it, or $3 is ''.
_wfc_open_log() {
  if (($2 > 1)) || [[ -e $wfc_log ]]; then
    _wfc_make_parent "$wfc_log"
    _wfc_lane_file[$1]=$wfc_log
    _wfc_head_attempt "$2" >>"$wfc_log"
  elif [[ -z $3 ]] || _wfc_names_its_log; then
    _wfc_make_parent "$wfc_log"
    _wfc_lane_file[$1]=$wfc_log
  elif [[ -s $3 ]]; then
    : >"$3"
  fi
}

# Heads the $1th attempt in a log that was there before it. See src/io/files/log-file.ts.
_wfc_head_attempt() {
  local run=${_wfc_run##*/}
  TZ=UTC0 printf 'wfc: attempt %s, %(%Y-%m-%dT%H:%M:%SZ)T, run %s%s\n' "$1" -1 "${run%%-*}" "${_wfc_slurm_id:+, job $_wfc_slurm_id}"
}

# A command that is told its log must find the folder.
_wfc_names_its_log() {
  if [[ -z ${_wfc_uses_log[$_wfc_rule]-} ]]; then
    case $(declare -f "wfc_rule_$_wfc_rule" "wfc_bind_$_wfc_rule") in
      *wfc_log*) _wfc_uses_log[$_wfc_rule]=yes ;;
      *) _wfc_uses_log[$_wfc_rule]=no ;;
    esac
  fi
  [[ ${_wfc_uses_log[$_wfc_rule]} == yes ]]
}

# The scratch file becomes the log, by a rename: who writes to it writes on.
_wfc_show_log() {
  local log=${_wfc_lane_log[$1]}
  [[ ${_wfc_lane_file[$1]} != "$log" && -s ${_wfc_lane_file[$1]} ]] || return 0
  _wfc_make_parent "$log"
  command mv -f -- "${_wfc_lane_file[$1]}" "$log" && _wfc_lane_file[$1]=$log
}

# A log is kept where something was written.
_wfc_keep_log() {
  if [[ -s ${_wfc_lane_file[$1]} ]]; then
    _wfc_show_log "$1"
    [[ ! -s ${_wfc_lane_log[$1]} ]] || _wfc_kept_log=${_wfc_lane_log[$1]}
  elif [[ ${_wfc_lane_file[$1]} == "${_wfc_lane_log[$1]}" ]]; then
    command rm -f -- "${_wfc_lane_log[$1]}"
  fi
}
