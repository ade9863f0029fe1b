/** Test suites that run on a cluster of their own, or say in one plain sentence why they do not; and what they look at. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type Cluster, type ClusterOptions, missingMemoryCgroup, missingSlurm, startCluster } from './cluster.ts';

/**
 * A `describe` whose tests share one cluster: `body` gets a function that returns it, to be called inside tests. Without
 * Slurm the suite is one skipped test that names what is missing; where CI is 'true' that test fails instead, so that no
 * pipeline stays green by testing nothing. A kernel without memory cgroups only skips: no package brings them.
 */
export function describeOnSlurm(title: string, options: ClusterOptions, body: (cluster: () => Cluster) => void): void {
  const missing = missingSlurm(options);
  const reason = missing ?? (options.memory === 'cgroup' ? missingMemoryCgroup() : null);
  describe(title, () => {
    if (reason !== null) {
      it(`is skipped: ${reason}`, (context) => {
        if (missing !== null && process.env.CI === 'true') throw new Error(missing);
        context.skip(reason);
      });
      return;
    }
    let cluster: Cluster | undefined;
    beforeAll(async () => {
      cluster = await startCluster(options);
    });
    afterAll(async () => {
      await cluster?.stop();
    });
    body(() => {
      if (cluster === undefined) throw new Error('internal error: the cluster is used before it has started');
      return cluster;
    });
  });
}

/** Lines that jobs appended to folder/work/`name`; none when no job has yet. */
export async function linesOf(cluster: Cluster, name: string): Promise<string[]> {
  const path = join(cluster.folder, 'work', name);
  return existsSync(path) ? (await readFile(path, 'utf8')).trimEnd().split('\n') : [];
}

/** Whether all of a job's elements are over, one way or another. For `Cluster.waitForJob`. */
export function ended(states: Map<string, string>): boolean {
  return [...states.values()].every((state) => !/^(PENDING|CONFIGURING|RUNNING|COMPLETING)$/.test(state));
}
