# The command of a task and its checks, in the subshell that is to end with them. Expects the current task's _wfc_rule,
# _wfc_list, _wfc_values and wfc_ arrays; _wfc_had_locale and _wfc_locale, which were the user's; _wfc_check_file, where it
# leaves the path of an output that does not pass its check.
# shellcheck shell=bash disable=SC2004,SC2034,SC2154

# Runs the command of the current task, its ATTEMPTth time, and then its checks: `_wfc_run_command ATTEMPT`. To be called in
# a subshell of its own, for it sets options and traps, and what the command does to its shell must not outlive it.
_wfc_run_command() {
  set +mf
  if [[ -n $_wfc_had_locale ]]; then LC_ALL=$_wfc_locale; else unset LC_ALL; fi 2>/dev/null
  _wfc_stop_gently
  wfc_attempt=$1
  # The binding may overwrite any wfc_ name: a param may be called `outputs`.
  _wfc_outputs=("${wfc_outputs[@]}") _wfc_has_check=("${wfc_has_check[@]}")
  "wfc_bind_$_wfc_rule" "$_wfc_list" "${_wfc_values[@]}"
  [[ -z ${_wfc_warn_signal-} ]] || _wfc_stop_gently
  set -euo pipefail
  if [[ ${_wfc_has_check[*]-} == *1* ]]; then _wfc_run_and_check; else "wfc_rule_$_wfc_rule"; fi
}

_wfc_run_and_check() {
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
}

# For `{input:list}` over several inputs, those behind NAME: writes them to a file, one a line, and says its name. Who makes
# the attempt removes what begins with _wfc_scratch.
wfc_write_list() {
  local file=$_wfc_scratch.$BASHPID.list
  shift
  printf '%s\n' "$@" >"$file"
  printf '%s\n' "$file"
}

# Asked to stop, a bash ends at once and leaves what it runs behind, to be killed: let that end in its own time first. Where
# it is warned (_wfc_warn_signal, of a task with a checkpoint) it goes on by what its command says: that may be done in time.
_wfc_stop_gently() {
  if [[ -n ${_wfc_warn_signal-} ]]; then trap wait TERM "$_wfc_warn_signal"; else trap 'wait; exit 143' TERM; fi
}

# An output passes its check, or the task has failed: an exit status alone would not tell that from a failed command.
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
    printf '%s\n' "$1" >"$_wfc_check_file"
    exit 1
  fi
}
