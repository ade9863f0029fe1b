import type { NodeKind } from '../io/slurm/site.ts';
import { countOf } from '../terminal/terminal.ts';

/** The most that nodes have, each thing for itself; `nodes` are all of them. */
export function largestOf(kinds: readonly NodeKind[]): NodeKind {
  const gpus = new Map<string, number>();
  for (const [type, count] of kinds.flatMap((kind) => [...kind.gpus]))
    gpus.set(type, Math.max(count, gpus.get(type) ?? 0));
  return {
    nodes: kinds.reduce((sum, kind) => sum + kind.nodes, 0),
    cpus: Math.max(0, ...kinds.map((kind) => kind.cpus)),
    memoryMiB: Math.max(0, ...kinds.map((kind) => kind.memoryMiB)),
    gpus,
  };
}

/** GPUs of a node, of whatever type. */
export function gpuCount({ gpus }: NodeKind): number {
  return [...gpus.values()].reduce((sum, count) => sum + count, 0);
}

/** `8G`, `5000M`: exactly, as Slurm and a spec take it. */
export function memoryText(memoryMiB: number): string {
  return memoryMiB > 0 && memoryMiB % 1024 === 0 ? `${memoryMiB / 1024}G` : `${memoryMiB}M`;
}

/** `16 CPUs, 8G, 4 a100 GPUs a node` */
export function nodeText(kind: NodeKind): string {
  const gpus = [...kind.gpus].map(([type, count]) => `${countOf(count, `${type === '' ? '' : `${type} `}GPU`)} a node`);
  return [countOf(kind.cpus, 'CPU'), memoryText(kind.memoryMiB), ...gpus].join(', ');
}
