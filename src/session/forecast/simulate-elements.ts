import { forEachDependency, type Plan, ruleOf } from '../../model/plan.ts';
import { cpusPerNode } from '../../plan/resources.ts';
import { gpusPerNode } from '../../target/slurm/stage-types.ts';
import type { Stage } from '../../target/slurm/stages.ts';
import { EndQueue } from './end-queue.ts';
import { Lanes } from './lanes.ts';
import type { Pace } from './pace.ts';
import type { Simulated } from './simulate-local.ts';

export interface ElementWork {
  readonly stages: readonly Stage[];
  readonly targets: Uint8Array;
  /** Elements of one array that run at a time; null: no limit. */
  readonly maxRunning: number | null;
  /** Elements of all arrays that run at a time, as far as the cluster has room; null: no limit. */
  readonly maxElements: number | null;
  readonly pace: Pace;
}

/** An element: a number over all stages. */
interface Elements {
  readonly stageOf: Int32Array;
  /** Of each stage, its first one. */
  readonly first: Int32Array;
  readonly count: number;
}

/** A submission whose elements start as soon as what they wait for has ended and there is room. */
export function simulateElements(plan: Plan, work: ElementWork, seconds: Float64Array): Simulated {
  return new ElementRun(plan, work, seconds).run();
}

class ElementRun {
  private readonly plan: Plan;
  private readonly work: ElementWork;
  private readonly seconds: Float64Array;
  private readonly elements: Elements;
  /** By element: those that it waits for, then 0; whose end let it start. */
  private readonly waits: Int32Array;
  private readonly before: Int32Array;
  /** By stage: elements that wait for nothing more, in order; how many of them have started; how many run; have not ended. */
  private readonly ready: number[][];
  private readonly started: Int32Array;
  private readonly running: Int32Array;
  private readonly left: Int32Array;
  private readonly queue = new EndQueue();
  private now = 0;
  private readonly taskEnds: Float64Array;
  private coreSeconds = 0;
  private gpuSeconds = 0;
  private firstTarget = { task: -1, end: Number.POSITIVE_INFINITY };

  constructor(plan: Plan, work: ElementWork, seconds: Float64Array) {
    const { stages } = work;
    this.plan = plan;
    this.work = work;
    this.seconds = seconds;
    this.elements = numbered(stages);
    this.before = new Int32Array(this.elements.count).fill(-1);
    this.taskEnds = new Float64Array(plan.taskCount);
    this.ready = stages.map(() => []);
    this.started = new Int32Array(stages.length);
    this.running = new Int32Array(stages.length);
    this.left = Int32Array.from(stages, (stage) => stage.indices.length);
    this.waits = new Int32Array(this.elements.count);
    stages.forEach((stage, s) => {
      for (let e = 0; e < stage.indices.length; e++) {
        const element = this.elements.first[s]! + e;
        // What runs where the submission is made has ended before it.
        const isHeld = !stage.local && stages.some((other) => other.local);
        this.waits[element] = this.waitsOf(stage, stage.indices[e]!).length + Number(isHeld);
        if (this.waits[element] === 0) this.ready[s]!.push(element);
      }
    });
  }

  /** What an element of this index waits for: whole stages, as -1 - stage, and elements. */
  private waitsOf({ waits }: Stage, index: number): number[] {
    return waits.flatMap(({ stage, kind }) => {
      if (kind === 'all') return [-1 - stage];
      const at = this.work.stages[stage]!.indices.indexOf(index);
      return at < 0 ? [] : [this.elements.first[stage]! + at];
    });
  }

  run(): Simulated {
    const followers = this.followers();
    const { stages } = this.work;
    this.startMore(-1);
    let last = -1;
    while (this.queue.size > 0) {
      this.now = this.queue.nextEnd;
      last = this.queue.take();
      const s = this.elements.stageOf[last]!;
      this.running[s]!--;
      this.left[s]!--;
      for (const next of followers.ofElement.get(last) ?? []) this.release(next);
      if (this.left[s] === 0) {
        for (const next of followers.ofStage[s]!) this.release(next);
        if (stages[s]!.local) for (const next of followers.ofLocal) this.release(next);
      }
      this.startMore(last);
    }
    const { coreSeconds, gpuSeconds, firstTarget } = this;
    return { makespan: this.now, coreSeconds, gpuSeconds, firstTarget, ...this.chainTo(last) };
  }

  private followers(): { ofElement: Map<number, number[]>; ofStage: number[][]; ofLocal: number[] } {
    const { stages } = this.work;
    const ofElement = new Map<number, number[]>();
    const ofStage: number[][] = stages.map(() => []);
    const ofLocal: number[] = [];
    const hasLocal = stages.some((stage) => stage.local);
    stages.forEach((stage, s) => {
      for (let e = 0; e < stage.indices.length; e++) {
        const element = this.elements.first[s]! + e;
        if (hasLocal && !stage.local) ofLocal.push(element);
        for (const wait of this.waitsOf(stage, stage.indices[e]!)) {
          if (wait < 0) ofStage[-1 - wait]!.push(element);
          else ofElement.set(wait, [...(ofElement.get(wait) ?? []), element]);
        }
      }
    });
    return { ofElement, ofStage, ofLocal };
  }

  private release(element: number): void {
    if (--this.waits[element]! === 0) this.ready[this.elements.stageOf[element]!]!.push(element);
  }

  /** Earlier arrays first, as they were submitted. */
  private startMore(cause: number): void {
    const { stages, maxRunning, maxElements } = this.work;
    for (let s = 0; s < stages.length; s++) {
      while (
        this.started[s]! < this.ready[s]!.length &&
        this.running[s]! < (maxRunning ?? Number.POSITIVE_INFINITY) &&
        this.queue.size < (maxElements ?? Number.POSITIVE_INFINITY)
      ) {
        const element = this.ready[s]![this.started[s]!++]!;
        this.running[s]!++;
        this.before[element] = cause;
        this.queue.add(element, this.now + this.runElement(stages[s]!, element - this.elements.first[s]!));
      }
    }
  }

  /** Seconds of an element, from when it may start; its tasks end within. */
  private runElement(stage: Stage, e: number): number {
    const { tasks, offsets, lanes, request } = stage;
    const { startSeconds, ownSeconds, betweenSeconds } = this.work.pace.element;
    const before = startSeconds + ownSeconds;
    const free = new Float64Array(lanes);
    const kept = new Lanes(this.plan, this.work.pace);
    let longest = 0;
    for (let t = offsets[e]!; t < offsets[e + 1]!; t++) {
      const task = tasks[t]!;
      let lane = 0;
      let begin = 0;
      // Those of other elements have ended.
      if (lanes > 1) {
        for (let l = 1; l < lanes; l++) if (free[l]! < free[lane]!) lane = l;
        forEachDependency(this.plan, task, (producer) => {
          begin = Math.max(begin, this.taskEnds[producer]! - this.now - before);
        });
      }
      const took = kept.importSeconds(lane, task) + this.seconds[task]! + betweenSeconds;
      const end = Math.max(begin, free[lane]!) + took;
      free[lane] = end;
      longest = Math.max(longest, end);
      const at = this.now + before + end;
      this.taskEnds[task] = at;
      if (this.work.targets[task] === 1 && at < this.firstTarget.end) this.firstTarget = { task, end: at };
    }
    const took = ownSeconds + longest;
    const { resources } = request;
    this.coreSeconds += took * cpusPerNode(resources) * resources.nodes * lanes;
    this.gpuSeconds += took * gpusPerNode(stage) * resources.nodes;
    return startSeconds + took;
  }

  private chainTo(last: number): Pick<Simulated, 'chain' | 'chainForRoom'> {
    const chain = new Float64Array(this.plan.rules.length);
    let chainForRoom = 0;
    for (let element = last; element >= 0; element = this.before[element]!) {
      const s = this.elements.stageOf[element]!;
      const stage = this.work.stages[s]!;
      const e = element - this.elements.first[s]!;
      const cause = this.before[element]!;
      const isHeld = cause >= 0 && stage.sources.some(({ stage: from }) => from === this.elements.stageOf[cause]);
      for (let t = stage.offsets[e]!; t < stage.offsets[e + 1]!; t++) {
        const took = this.seconds[stage.tasks[t]!]! / stage.lanes;
        chain[ruleOf(this.plan, stage.tasks[t]!).rule.index]! += took;
        if (cause >= 0 && !isHeld) chainForRoom += took;
      }
    }
    return { chain, chainForRoom };
  }
}

function numbered(stages: readonly Stage[]): Elements {
  const first = new Int32Array(stages.length);
  let count = 0;
  stages.forEach((stage, s) => {
    first[s] = count;
    count += stage.indices.length;
  });
  const stageOf = new Int32Array(count);
  stages.forEach((stage, s) => {
    stageOf.fill(s, first[s]!, first[s]! + stage.indices.length);
  });
  return { stageOf, first, count };
}
