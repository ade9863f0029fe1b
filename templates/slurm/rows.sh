# Rows of the tables, and what rules.sh makes of them: the current task's _wfc_rule, _wfc_fingerprint, _wfc_list, _wfc_values
# and wfc_ arrays. Expects wfc_artifacts.
# shellcheck shell=bash disable=SC2004,SC2034,SC2154

# The rows of element $2 of stage $1.
_wfc_load_rows() {
  local tables=$wfc_artifacts/tables count offset bytes
  local -a lines=()
  _wfc_rows=() _wfc_current=
  mapfile -t -s "$2" -n 1 lines <"$tables/$1.index"
  read -r _ count offset bytes <<<"${lines[0]-}"
  [[ -n $bytes ]] || return 1
  ((count == 0)) || mapfile -t _wfc_rows < <(command tail -c "+$((offset + 1))" -- "$tables/$1.tsv" | command head -c "$bytes")
  ((${#_wfc_rows[@]} == count))
}

# Tells the rows by name, and how they depend on each other; those that depend on none are ready.
_wfc_read_rows() {
  local _wfc_t producer row IFS=$'\037'
  for ((_wfc_t = 0; _wfc_t < ${#_wfc_rows[@]}; _wfc_t++)); do
    _wfc_read_row "$_wfc_t"
    _wfc_names[_wfc_t]=${wfc_outputs[0]} _wfc_row_of[${wfc_outputs[0]}]=$_wfc_t
    # For _wfc_predict_next; of many none is kept.
    ((${#wfc_inputs[@]} > 20)) || _wfc_inputs_of[_wfc_t]="${wfc_inputs[*]}"
    for producer in "${wfc_from[@]}"; do
      [[ -n $producer ]] || continue
      row=${_wfc_row_of[$producer]-}
      if [[ -z $row ]]; then
        _wfc_wanted[$producer]=1
        continue
      fi
      _wfc_unmet[_wfc_t]=$((${_wfc_unmet[_wfc_t]-0} + 1)) _wfc_dependents[row]+=" $_wfc_t"
    done
    [[ -n ${_wfc_unmet[_wfc_t]-} ]] || _wfc_ready+=("$_wfc_t")
  done
}

# Sets the fields of a row, and its paths.
_wfc_read_row() {
  [[ $_wfc_current != "$1" ]] || return 0
  _wfc_current=$1
  _wfc_split_row "${_wfc_rows[$1]}"
  # Without its list a gather would seem to need nothing.
  _wfc_read_paths || _wfc_die "can't tell the paths of: ${_wfc_rows[$1]}"
}

_wfc_split_row() {
  local IFS=$'\t'
  # shellcheck disable=SC2086 # Fields are never empty, and nothing is globbed.
  set -- $1
  _wfc_rule=$1 _wfc_fingerprint=$2 _wfc_list=$3 _wfc_values=("${@:4}")
}
