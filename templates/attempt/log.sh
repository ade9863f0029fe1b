# The log of a task. Expects _wfc_rule, and _wfc_uses_log (by rule).
# shellcheck shell=bash disable=SC2004,SC2034,SC2154

# Heads an attempt in a log that was there before it: `ATTEMPT JOURNAL SLURM_ID`. See src/io/files/log-file.ts.
_wfc_head_attempt() {
  local run=${2##*/}
  TZ=UTC0 printf 'wfc: attempt %s, %(%Y-%m-%dT%H:%M:%SZ)T, run %s%s\n' "$1" -1 "${run%%-*}" "${3:+, job $3}"
}

# A command that is told its log must find the folder.
_wfc_names_its_log() {
  if [[ -z ${_wfc_uses_log[$_wfc_rule]-} ]]; then
    case $(declare -f "wfc_rule_$_wfc_rule") in
      *wfc_log*) _wfc_uses_log[$_wfc_rule]=yes ;;
      *) _wfc_uses_log[$_wfc_rule]=no ;;
    esac
  fi
  [[ ${_wfc_uses_log[$_wfc_rule]} == yes ]]
}
