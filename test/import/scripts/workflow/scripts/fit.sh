#!/bin/bash
unset none
{
  echo "${snakemake_input[0]} ${snakemake_input[1]} ${snakemake_input[more]} $none"
  echo "${snakemake_params[rate]} ${snakemake_params[label]} ${snakemake_params[1]}"
  echo "${snakemake_wildcards[site]} ${snakemake[threads]} ${snakemake[rule]} ${snakemake_config[rate]}"
  false
} > "${snakemake_output[0]}"
true
