/** What `npm pack` makes: to be installed where there is no registry. */
import { dirname } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { CLI, experiment } from '../support/experiment.ts';

const SPEC = `params: {n: [1, 2]}
rules:
  one: {output: "out/{n}", run: "echo {n} > {output}"}
`;

it('the package installs without a registry, needs no other one, and runs, makes a spec and writes a report', async () => {
  const e = experiment(SPEC);
  const env = { npm_config_registry: 'http://127.0.0.1:9', npm_config_cache: e.path('cache'), CI: undefined };
  await execa('npm', ['pack', '--ignore-scripts', '--pack-destination', e.folder], { cwd: dirname(dirname(CLI)), env });
  const [archive] = e.files('.').filter((path) => path.endsWith('.tgz'));
  e.write('app/package.json', '{}');
  // --foreground-scripts: what a script of the package said would be seen.
  const install = ['install', '--offline', '--no-audit', '--no-fund', '--foreground-scripts', `../${archive}`];
  const { stdout: installed } = await execa('npm', install, { cwd: e.path('app'), env });
  expect(installed.trim()).toMatch(/^added 1 package in [\d.]+m?s$/);

  const { stdout: version } = await execa('npx', ['--offline', 'wfc', '--version'], { cwd: e.path('app'), env });
  expect(version).toBe((await e.wfc('--version')).stdout);
  const wfc = (args: string) => execa(e.path('app/node_modules/.bin/wfc'), args.split(' '), { cwd: e.folder });
  expect((await wfc('run')).stderr).toContain('2 tasks done');
  expect((await wfc('run')).stderr).toContain('nothing to do: all 2 tasks are complete');
  await wfc('init study');
  expect((await wfc('validate study/wfc.yml')).exitCode).toBe(0);
  await wfc('report --out report.html');
  expect([e.read('out/2'), e.read('report.html')]).toEqual(['2\n', expect.stringContaining('</html>')]);
});
