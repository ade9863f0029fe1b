/** The functions of Slurm's runner that task.sh uses too: files and their states, checks, what went wrong. */
export const SHARED_FUNCTIONS = [
  '_wfc_read_settings',
  '_wfc_look',
  '_wfc_note_summed',
  '_wfc_sum_files',
  '_wfc_ask_looker',
  '_wfc_find_code',
  '_wfc_input_states',
  '_wfc_output_states',
  '_wfc_states_text',
  '_wfc_md5',
  '_wfc_stop_gently',
  '_wfc_head_attempt',
  '_wfc_verify',
  '_wfc_find_marker',
  '_wfc_set_marker',
  '_wfc_make_parent',
  '_wfc_remove',
  '_wfc_is_protected',
  '_wfc_find_problem',
  '_wfc_find_oom_counter',
  '_wfc_count_oom',
  '_wfc_sample_oom',
  '_wfc_was_out_of_memory',
  '_wfc_is_empty_directory',
  '_wfc_protect',
] as const;

/** Take functions, each with the comment before it, out of a bash script that is written as shfmt writes it. */
export function sharedFunctions(script: string, names: readonly string[]): string {
  const taken = names.map((name) => {
    const match = new RegExp(`(?:^#.*\\n)*^${name}\\(\\) \\{\\n(?:.*\\n)*?\\}\\n`, 'm').exec(script);
    if (!match) throw new Error(`internal error: templates/runner.sh has no function ${name}`);
    return match[0];
  });
  return `# Functions that task.sh shares with Slurm's runner.\n# shellcheck shell=bash disable=SC2004,SC2034,SC2154\n\n${taken.join('\n')}`;
}
