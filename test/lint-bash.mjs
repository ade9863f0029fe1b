/**
 * Checks all bash of templates/, as part of `npm run lint`: shellcheck on each file and on each script that is put together
 * of them, shfmt on how the files are written. Where a program is not installed it says so, and fails only with CI=true.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shippedScripts } from '../src/shipped-scripts.mjs';

const templates = fileURLToPath(new URL('../templates', import.meta.url));
const files = readdirSync(templates, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.sh'))
  .map((name) => join(templates, name));
const folder = mkdtempSync(join(tmpdir(), 'wfc-lint-'));
try {
  const scripts = Object.entries(await shippedScripts()).map(([name, text]) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  });
  check('shellcheck', ['--format=gcc', ...files, ...scripts]);
  // Two blanks a level, also before the patterns of a case.
  check('shfmt', ['-d', '-ln', 'bash', '-i', '2', '-ci', ...files]);
} finally {
  rmSync(folder, { recursive: true });
}

function check(program, args) {
  const { error, status } = spawnSync(program, args, { stdio: 'inherit' });
  if (error?.code === 'ENOENT') {
    console.error(
      `${program} is not installed: the bash of templates/ is not checked by it (see test/install-debian.sh).`,
    );
    if (process.env.CI === 'true') process.exitCode = 1;
  } else if (error || status !== 0) {
    process.exitCode = 1;
  }
}
