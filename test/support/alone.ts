/** Whether two tasks are ever at work at a time. */
import { type Experiment, experiment } from './experiment.ts';

/**
 * Four tasks that fail where two of them are at work at a time. With `meeting` the first one waits for that, so that it
 * happens however slow the machine is, or the run does not end.
 */
export function alone(
  resources: string,
  { meeting = false, files = {} }: { meeting?: boolean; files?: Readonly<Record<string, string>> } = {},
): Experiment {
  const spec = `
params: {n: [1, 2, 3, 4]}
rules:
  one:
    output: out/{n}
    resources: ${resources}
    run: |
      mkdir busy || { touch met; exit 1; }
      ${meeting ? 'until [[ -e met ]]; do sleep 0.05; done' : 'sleep 0.05'}
      rmdir busy
      touch {output}
`;
  return experiment(spec, files);
}
