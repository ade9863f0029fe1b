import { type Plan, ruleOf } from '../model/plan.ts';
import type { Resources } from '../model/workflow.ts';
import { cpusPerNode, hasFixedResources, taskResources } from '../plan/resources.ts';

/** What this machine lends to tasks at one time. */
export interface LocalLimits {
  readonly cpus: number;
  readonly memoryMiB: number;
  /** Ids as `CUDA_VISIBLE_DEVICES` takes them; empty where there is no GPU. */
  readonly gpus: readonly string[];
}

/** What a running task holds. */
export interface Lease {
  readonly cpus: number;
  readonly memoryMiB: number;
  readonly gpus: readonly string[];
  /** How much of each of these GPUs: 1, or 1/n where others use it, too. */
  readonly share: number;
}

/**
 * CPUs, memory and GPUs as pools. A task that asks for more than there is gets all of it and runs alone, as Snakemake
 * scales down threads: an experiment written for a cluster still runs on a laptop.
 */
export class LocalPools {
  private readonly limits: LocalLimits;
  private cpus: number;
  private memoryMiB: number;
  private readonly gpus: GpuPool;

  constructor(limits: LocalLimits) {
    this.limits = limits;
    this.cpus = limits.cpus;
    this.memoryMiB = limits.memoryMiB;
    this.gpus = new GpuPool(limits.gpus);
  }

  private wanted(resources: Resources): { cpus: number; memoryMiB: number; gpus: number; share: number } {
    return {
      cpus: Math.min(cpusPerNode(resources), this.limits.cpus),
      memoryMiB: Math.min(resources.memoryMiB ?? 0, this.limits.memoryMiB),
      gpus: Math.min(resources.gpus, this.limits.gpus.length),
      share: 1 / resources.tasksPerGpu,
    };
  }

  fits(resources: Resources): boolean {
    const { cpus, memoryMiB, gpus, share } = this.wanted(resources);
    return cpus <= this.cpus && memoryMiB <= this.memoryMiB && this.gpus.has(gpus, share);
  }

  take(resources: Resources): Lease {
    const { cpus, memoryMiB, gpus, share } = this.wanted(resources);
    this.cpus -= cpus;
    this.memoryMiB -= memoryMiB;
    return { cpus, memoryMiB, gpus: this.gpus.take(gpus, share), share };
  }

  giveBack({ cpus, memoryMiB, gpus, share }: Lease): void {
    this.cpus += cpus;
    this.memoryMiB += memoryMiB;
    this.gpus.giveBack(gpus, share);
  }
}

/** Sums of thirds are not whole to the last bit. */
const ROUNDING = 1e-9;

/** Whole GPUs, and shares of some. */
class GpuPool {
  /** By id, how much of it is free: 1 for all of it. */
  private readonly free: Map<string, number>;

  constructor(ids: readonly string[]) {
    this.free = new Map(ids.map((id) => [id, 1]));
  }

  has(count: number, share: number): boolean {
    return this.find(count, share).length >= count;
  }

  take(count: number, share: number): string[] {
    const ids = this.find(count, share);
    for (const id of ids) this.free.set(id, this.free.get(id)! - share);
    return ids;
  }

  giveBack(ids: readonly string[], share: number): void {
    for (const id of ids) this.free.set(id, this.free.get(id)! + share);
  }

  /** Of those that have so much left the fullest ones: whole GPUs stay whole for who needs one. */
  private find(count: number, share: number): string[] {
    if (count === 0) return [];
    const fitting = [...this.free].filter(([, left]) => left >= share - ROUNDING);
    return fitting
      .sort(([a, x], [b, y]) => (Math.abs(x - y) > ROUNDING ? x - y : Number(a > b) - Number(a < b)))
      .slice(0, count)
      .map(([id]) => id);
  }
}

/** What each task asks for; read once for a rule whose tasks all ask for the same. */
export function resourcesOfTasks(plan: Plan): (task: number) => Resources {
  const fixed = plan.rules.map((r) => (hasFixedResources(r) && !r.escalations ? taskResources(r, 0) : null));
  return (task) => {
    const rule = ruleOf(plan, task);
    return fixed[rule.rule.index] ?? taskResources(rule, task - rule.firstTask);
  };
}
