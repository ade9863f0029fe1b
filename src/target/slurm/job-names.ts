/** What a name holds at most of the rule or stage, and of the experiment: squeue and sacct print names in columns. */
const MOST_OF_STAGE = 40;
const MOST_OF_EXPERIMENT = 24;

/**
 * Name of a job for people: `train.lrsweep.599c`, the rule or stage, the experiment, and the beginning of the scripts' id.
 * It tells no jobs apart: stages and submissions may share it.
 */
export function jobName(stage: string, experiment: string, id: string): string {
  return `${plain(stage, MOST_OF_STAGE)}.${plain(experiment, MOST_OF_EXPERIMENT)}.${id.slice(0, 4)}`;
}

/** What neither a shell nor Slurm's commands take for more than a text. */
function plain(text: string, most: number): string {
  const kept = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, most);
  return kept === '' ? 'wfc' : kept;
}
