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
}

/**
 * CPUs, memory and GPUs as pools. A task that asks for more than there is gets all of it and runs alone, as Snakemake
 * scales down threads: an experiment written for a cluster still runs on a laptop.
 */
export class LocalPools {
  private readonly limits: LocalLimits;
  private cpus: number;
  private memoryMiB: number;
  private readonly gpus: string[];

  constructor(limits: LocalLimits) {
    this.limits = limits;
    this.cpus = limits.cpus;
    this.memoryMiB = limits.memoryMiB;
    this.gpus = [...limits.gpus];
  }

  private wanted(resources: Resources): { cpus: number; memoryMiB: number; gpus: number } {
    return {
      cpus: Math.min(cpusPerNode(resources), this.limits.cpus),
      memoryMiB: Math.min(resources.memoryMiB ?? 0, this.limits.memoryMiB),
      gpus: Math.min(resources.gpus, this.limits.gpus.length),
    };
  }

  fits(resources: Resources): boolean {
    const { cpus, memoryMiB, gpus } = this.wanted(resources);
    return cpus <= this.cpus && memoryMiB <= this.memoryMiB && gpus <= this.gpus.length;
  }

  take(resources: Resources): Lease {
    const { cpus, memoryMiB, gpus } = this.wanted(resources);
    this.cpus -= cpus;
    this.memoryMiB -= memoryMiB;
    return { cpus, memoryMiB, gpus: this.gpus.splice(0, gpus) };
  }

  giveBack({ cpus, memoryMiB, gpus }: Lease): void {
    this.cpus += cpus;
    this.memoryMiB += memoryMiB;
    this.gpus.push(...gpus);
    this.gpus.sort();
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
