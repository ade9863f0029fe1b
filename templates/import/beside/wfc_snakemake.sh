# What bash scripts find when Snakemake starts them, for the commands of a spec. Written by `wfc import snakefile`.
# The arrays are those of Snakemake 7.21: snakemake/script.py, BashEncoder.
# shellcheck shell=bash disable=SC2034,SC2178

declare -A snakemake=() snakemake_input=() snakemake_output=() snakemake_params=() snakemake_wildcards=()
declare -A snakemake_resources=() snakemake_log=() snakemake_config=() snakemake_places=()

# snakemake_unnamed SLOT VALUE...: each has a place of its own: ${snakemake_input[0]}.
snakemake_unnamed() {
  local -n slot=snakemake_$1
  local value
  for value in "${@:2}"; do
    slot[${snakemake_places[$1]:-0}]=$value
    snakemake_places[$1]=$((${snakemake_places[$1]:-0} + 1))
  done
}

# snakemake_named SLOT NAME VALUE...: one place for all of them, and the name: ${snakemake_input[raw]}.
snakemake_named() {
  local -n slot=snakemake_$1
  snakemake_unnamed "$1" "${*:3}"
  slot[$2]=${*:3}
}
