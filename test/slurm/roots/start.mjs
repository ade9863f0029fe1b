/**
 * `npm run test:slurms [-- RELEASE...] [-- ARGUMENTS OF VITEST]`: the tests of Slurm in roots of other Debian releases, one
 * after the other, and a table of how they went. Without a release: in all of them. Exit status: 1 where a test failed or
 * a root could not be made; a machine that can have none skips, in words, and with CI=true that is a failure, too.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const RELEASES = ['trixie', 'bullseye'];
/** Status of make-root.sh where this machine can't have a root. */
const CANNOT = 3;

const here = fileURLToPath(new URL('.', import.meta.url));
const clone = join(here, '../../..');
const given = process.argv.slice(2);
const releases = RELEASES.filter((release) => given.includes(release));
const vitestArguments = given.filter((word) => !RELEASES.includes(word));

/** What a fresh login in the root would have, and how long the longer tests are. */
const env = {
  HOME: '/root',
  LANG: 'C.UTF-8',
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  TERM: process.env.TERM ?? 'dumb',
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('WFC_'))),
};

const rows = (releases.length > 0 ? releases : RELEASES).flatMap(testIn);
if (rows.length > 0) console.table(rows);

function testIn(release) {
  const made = spawnSync('bash', [join(here, 'make-root.sh'), release], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (made.status !== 0) {
    if (made.status !== CANNOT || process.env.CI === 'true') process.exitCode = 1;
    return [];
  }
  const tmp = mkdtempSync(join(tmpdir(), `wfc-${release}-`));
  try {
    const inRoot = (command, options) =>
      spawnSync('bash', [join(here, 'enter.sh'), made.stdout.trim(), tmp, ...command], { env, ...options });
    const slurm = inRoot(['slurmctld', '-V'], { encoding: 'utf8' }).stdout.trim();
    const vitest = ['node', 'node_modules/vitest/vitest.mjs', 'run', '--reporter=default', '--reporter=json'];
    const tests = vitestArguments.some((word) => word.startsWith('test/')) ? [] : ['test/slurm'];
    const ended = inRoot([...vitest, '--outputFile.json=/tmp/results.json', ...tests, ...vitestArguments], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    if (ended.status !== 0) process.exitCode = 1;
    // Of a run that could not begin vitest has told why.
    if (!existsSync(join(tmp, 'results.json'))) return [];
    return rowsOf(`${slurm}, Debian ${release}`, JSON.parse(readFileSync(join(tmp, 'results.json'), 'utf8')));
  } finally {
    rmSync(tmp, { recursive: true, force: true });
  }
}

/** A row per test file that did anything. */
function rowsOf(where, { testResults }) {
  return testResults
    .map(({ name, status: ended, assertionResults }) => {
      const ofStatus = (...statuses) => assertionResults.filter(({ status }) => statuses.includes(status));
      const reasons = ofStatus('skipped', 'pending').map(({ title }) => title.replace(/^is skipped: /, ''));
      return {
        slurm: where,
        suite: relative(clone, name),
        passed: ofStatus('passed').length,
        // A suite whose cluster did not start has no test that failed.
        failed: ofStatus('failed').length || Number(ended === 'failed'),
        skipped: reasons.length,
        why: [...new Set(reasons)].join('; '),
      };
    })
    .filter(({ passed, failed, skipped }) => passed + failed + skipped > 0);
}
