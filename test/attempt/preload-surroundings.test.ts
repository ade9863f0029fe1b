/** Interpreters that are kept up in containers, and with the libraries that people import. */
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { type Experiment, experiment, gone } from '../support/experiment.ts';
import { attempt, type Executor } from './executors.ts';
import { comparable, ONE_ELEMENT } from './script-outcomes.ts';

const KEEPERS: readonly Executor[] = ['wfc run', 'an element'];

/**
 * A stand-in for apptainer, which no Debian package brings: a mount namespace of its own, in which the folder HIDDEN is
 * empty, and a process that stays beside what runs in it.
 */
const APPTAINER = `#!/bin/bash
echo "$2" >>"$CALLS"
export IMAGE=$2
shift 2
unshare "\${NEW_USER[@]}" --mount bash -c 'mount -t tmpfs none "$HIDDEN" && "$@"; exit' - "$@"
`;

const canHide = (args: string): boolean =>
  spawnSync('bash', ['-c', `unshare ${args} --mount mount -t tmpfs none /mnt`], { stdio: 'ignore' }).status === 0;

const HOW = ['', '--user --map-root-user'].find(canHide);

function withContainer(spec: string): { made: Experiment; env: Record<string, string> } {
  const made = experiment(spec, {
    ...ONE_ELEMENT,
    'bin/apptainer': APPTAINER.replace('"${NEW_USER[@]}"', HOW ?? ''),
    'noted.py': 'print("imported", file=open("imports", "a"))\n',
  });
  made.executable('bin/apptainer');
  const [HIDDEN, CALLS] = [`${import.meta.dirname}/../../templates`, made.path('calls')];
  return { made, env: { PATH: `${made.path('bin')}:${process.env.PATH}`, HIDDEN, CALLS } };
}

const IN_CONTAINERS = `
params: {image: [old, new], n: [1, 2, 3]}
rules:
  one:
    shell: python3
    preload: noted
    container: "{image}.sif"
    output: out/{image}-{n}
    run: |
      import noted, os
      with open({output}, 'w') as f:
          print({image}, {n}, os.environ['IMAGE'], os.listdir(os.environ['HIDDEN']), os.getpgid(0) == os.getpid(), file=f)
      print('said')
`;

it.skipIf(HOW === undefined).each(KEEPERS)(
  'by %s, a container (by a stand-in for apptainer) has an interpreter of its own kept up, and another image another',
  async (executor) => {
    const { made, env } = withContainer(IN_CONTAINERS);
    const { ended, logs } = await attempt(executor, made, env);
    expect(ended, JSON.stringify(logs)).toBe('well');
    expect(made.read('calls')).toBe('old.sif\nnew.sif\n');
    expect(made.read('imports')).toBe('imported\nimported\n');
    for (const image of ['old', 'new'])
      for (const n of [1, 2, 3]) {
        expect(made.read(`out/${image}-${n}`)).toBe(`${image} ${n} ${image}.sif [] False\n`);
        expect(logs[`.wfc/logs/one/image=${image}/n=${n}.log`]).toBe('said\n');
      }
  },
);

it.skipIf(HOW === undefined).each(KEEPERS)(
  'by %s, a time limit ends a script in a container, and all is gone once all has ended',
  async (executor) => {
    const { made, env } = withContainer(`
rules:
  one:
    shell: python3
    preload: json
    container: lab.sif
    output: a
    resources: {time: 2s}
    run: |
      import os, subprocess, time
      child = subprocess.Popen(['sleep', '1000'])
      open('pids', 'w').write('%d %d %d' % (os.getpid(), child.pid, os.getppid()))
      time.sleep(1000)
`);
    const { journal } = await attempt(executor, made, env);
    expect(journal).toEqual(['started a 1', 'failed a 1 time_limit:2']);
    for (const pid of made.read('pids').split(' ')) await gone(Number(pid));
  },
);

it('under make, a script in a container starts its own interpreter', async () => {
  const { made, env } = withContainer(IN_CONTAINERS);
  if (HOW === undefined) return;
  expect((await attempt('make', made, env)).ended).toBe('well');
  expect(made.read('imports')).toBe('imported\n'.repeat(6));
});

/** By what is imported: a script whose result says whether the library, its threads and its seeds are as ever. */
const LIBRARIES: Readonly<Record<string, string>> = {
  'scipy.optimize, scipy.stats, scipy.linalg': `
      import numpy as np, scipy.linalg, scipy.optimize, scipy.stats
      a = np.random.default_rng({n}).normal(size=(300, 300))
      x = scipy.linalg.solve(a @ a.T + np.eye(300), a[0])
      m = scipy.optimize.minimize(lambda v: ((v - 3) ** 2).sum(), np.zeros(5))
      result = [round(x.sum(), 6), m.x.round(4).tolist(), scipy.stats.norm.cdf(0.3)]`,
  'sklearn.ensemble, sklearn.linear_model': `
      import numpy as np
      from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
      X = np.random.default_rng({n}).normal(size=(200, 4))
      forest = RandomForestRegressor(8, random_state=1, n_jobs=2).fit(X, X.sum(1))
      boosted = HistGradientBoostingRegressor(max_iter=5).fit(X, X.sum(1))
      result = [round(forest.score(X, X.sum(1)), 6), round(boosted.score(X, X.sum(1)), 6)]`,
  torch: `
      import torch
      torch.manual_seed({n}); torch.set_num_threads(2)
      net = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))
      X = torch.randn(500, 8); steps = torch.optim.Adam(net.parameters())
      for _ in range(5):
          steps.zero_grad(); loss = ((net(X) - X.sum(1, keepdim=True)) ** 2).mean(); loss.backward(); steps.step()
      result = [round(loss.item(), 5), torch.get_num_threads()]`,
};

const PYTHON = '/usr/bin/python3';

const hasLibrary = (modules: string): boolean => {
  const code = 'import sys, importlib.util as u; sys.exit(u.find_spec(sys.argv[1]) is None)';
  return spawnSync(PYTHON, ['-c', code, modules.split('.')[0]!]).status === 0;
};

for (const [modules, script] of Object.entries(LIBRARIES)) {
  const isMissing = !hasLibrary(modules);
  it.skipIf(isMissing)(
    `a script that uses ${modules}, and its threads, has the results that it has without preload${isMissing ? ": Debian's is not installed" : ''}`,
    async () => {
      const spec = `
params: {n: [1, 2]}
rules:
  one:
    shell: python3
    preload: [${modules}]
    output: out/{n}
    run: |${script.replaceAll('{n}', 'int({n})')}
      open({output}, 'w').write(str(result))
`;
      const env = { PATH: `/usr/bin:${process.env.PATH}` };
      const forked = comparable(await attempt('wfc run', experiment(spec), env));
      const alone = comparable(await attempt('wfc run', experiment(spec.replace(/ {4}preload.*\n/, '')), env));
      expect(forked).toEqual(alone);
      expect(Object.keys(forked.files)).toEqual(['out/', 'out/1', 'out/2']);
    },
  );
}
