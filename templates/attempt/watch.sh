# While a command runs: the clock.
# shellcheck shell=bash disable=SC2004,SC2034,SC2154

# Microseconds, in _wfc_us: only differences count. Bash 5 has a clock of its own.
if [[ -n ${EPOCHREALTIME-} ]]; then
  _wfc_clock() { _wfc_us=${EPOCHREALTIME/[!0-9]/}; }
else
  _wfc_clock() {
    read -r _wfc_us _ </proc/uptime
    _wfc_us=$((10#${_wfc_us/./} * 10000))
  }
fi
