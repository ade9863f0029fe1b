/** Suites that need a program of a Debian package, or say in one plain sentence why they do not run. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { execaSync } from 'execa';
import { describe, it } from 'vitest';

/** Debian's own python3, which has its packages, where another comes before it on the PATH. */
export function pathToDebianPython(): string {
  return existsSync('/usr/bin/python3') ? `/usr/bin${delimiter}${process.env.PATH}` : String(process.env.PATH);
}

/** Whether Debian's python3 has this module. */
export function hasPythonModule(name: string): boolean {
  const options = { env: { PATH: pathToDebianPython() }, reject: false };
  return execaSync('python3', ['-c', `import ${name}`], options).exitCode === 0;
}

/** Without the program the suite is one skipped test; where CI is 'true' that test fails instead. */
export function describeWith(need: { program: string; package: string }, title: string, body: () => void): void {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const isThere = folders.some((folder) => existsSync(join(folder, need.program)));
  describe(title, () => {
    if (isThere) {
      body();
      return;
    }
    const reason = `${need.program} is missing: install Debian's ${need.package}`;
    it(`is skipped: ${reason}`, (context) => {
      if (process.env.CI === 'true') throw new Error(reason);
      context.skip(reason);
    });
  });
}
