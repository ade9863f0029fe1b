# One attempt at one task.
# shellcheck shell=bash disable=SC2004,SC2034,SC2154

_wfc_read_settings() {
  wfc_retries=0 wfc_time_seconds='' wfc_checks_id='' wfc_code=()
  wfc_directory=() wfc_temp=() wfc_protected=() wfc_min_bytes=() wfc_has_check=()
  "wfc_settings_$_wfc_rule" "${_wfc_values[@]}"
}
