import type { Partition, Site } from '../io/slurm/site.ts';
import { countOf } from '../terminal/terminal.ts';
import { gpuCount, largestOf, memoryText, nodeText } from './largest-node.ts';

/** A commented profile of a site: what it says, and what a person must choose, as comments. */
export function profileText(site: Site): string {
  const { cluster, version, partitions, accounts, qos } = site;
  const chosen = partitions.find((p) => p.isDefault) ?? partitions.find((p) => p.isUp);
  return [
    `# Profile of the Slurm cluster ${cluster} (Slurm ${version}), by "wfc profile detect".`,
    '# Save it as profiles/NAME.yml beside a spec; then: wfc run --slurm --profile NAME',
    '#',
    '# Its partitions, with the most that a node of each has:',
    ...partitions.map((p) => `#   ${partitionLine(p)}`),
    'slurm:',
    ...(chosen
      ? [`  partition: ${quoted(chosen.name)}${chosen.isDefault ? '    # the default of the site' : ''}`]
      : []),
    ...choice('account', accounts, 'your accounts'),
    ...choice('qos', qos, 'your QOS'),
    ...(chosen ? [] : ['  {}']),
    'limits:',
    ...limitLines(site, chosen),
    '# packing:',
    '#   lanes: 4                # tasks at a time in an array element, for short tasks',
    '#   max_running: 50         # elements of an array at a time: leave some for others',
    '# modules: [python/3.11]    # module load, before the tasks of each element',
    ...gpuLines(partitions),
    '',
  ].join('\n');
}

function partitionLine({ name, isDefault, isUp, timeLimit, kinds }: Partition): string {
  const largest = largestOf(kinds);
  const words = [
    countOf(largest.nodes, 'node'),
    nodeText(largest),
    timeLimit === null ? 'no time limit' : `at most ${timeLimit}`,
    ...(isDefault ? ['default'] : []),
    ...(isUp ? [] : ['down']),
  ];
  return printableLine(`${name}: ${words.join(', ')}`);
}

/** One of several is the user's to choose; a single one is written. */
function choice(key: string, names: readonly string[], what: string): string[] {
  if (names.length === 0) return [];
  if (names.length === 1) return [`  ${key}: ${quoted(names[0]!)}`];
  return [printableLine(`  # ${key}: ${names[0]}    # ${what}: ${names.join(', ')}`)];
}

function limitLines({ maxArraySize, maxSubmit }: Site, chosen: Partition | undefined): string[] {
  const lines = [
    ...(maxArraySize === null ? [] : [`  max_array_size: ${maxArraySize}    # MaxArraySize of slurm.conf`]),
    maxSubmit === null
      ? '  # max_submit: 1000      # the site names no limit; wfc queues 1,000 elements unless told otherwise'
      : `  max_submit: ${Math.max(2, maxSubmit)}         # of your association or QOS`,
    ...(chosen?.timeLimit ? [`  max_time: ${quoted(chosen.timeLimit)}    # of the partition`] : []),
    ...(chosen && chosen.kinds.length > 0 ? nodeLines(chosen) : []),
  ];
  return lines.some((line) => !line.trimStart().startsWith('#')) ? lines : ['  {}', ...lines];
}

/** No less than there is: a rule that asks for more is refused. Without RealMemory, slurm.conf(5), a node has 1 MiB. */
function nodeLines({ kinds }: Partition): string[] {
  const { cpus, memoryMiB } = largestOf(kinds);
  return [
    `  max_cpus: ${Math.max(1, cpus)}    # of a node of the partition`,
    ...(memoryMiB > 1 ? [`  max_mem: ${memoryText(memoryMiB)}    # the same`] : []),
    `  max_gpus: ${Math.max(...kinds.map(gpuCount))}    # the same`,
  ];
}

/** How a rule asks for GPUs here. */
function gpuLines(partitions: readonly Partition[]): string[] {
  const withGpus = partitions
    .map(({ name, kinds }) => ({ name, gpus: largestOf(kinds).gpus }))
    .filter(({ gpus }) => gpus.size > 0);
  if (withGpus.length === 0) return [];
  return [
    '# GPUs are asked for in the rules of a spec:',
    ...withGpus.flatMap(({ name, gpus }) =>
      [...gpus.keys()].map((type) =>
        printableLine(`#   resources: {gpus: ${type === '' ? '1' : `${type}:1`}, slurm: {partition: ${quoted(name)}}}`),
      ),
    ),
  ];
}

function quoted(text: string): string {
  return /^[A-Za-z][\w.-]*$/.test(text) && !/^(null|true|false)$/i.test(text) ? text : JSON.stringify(text);
}

/** What a site calls things stays in its line. */
function printableLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');
}
