/**
 * Surroundings for `modules`, `conda` and `container`. Environment Modules is the real one, with modulefiles of our own.
 * conda and apptainer are stand-ins, since no Debian package brings them: they note how they are called, and what they
 * make of it is as little as a task can see.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import type { Experiment } from './experiment.ts';
import { experiment } from './experiment.ts';

/** Where Debian's environment-modules has the file that defines `module`: $MODULESHOME/init/bash. */
const MODULES_HOME = '/usr/share/modules';

/** One plain sentence, where Environment Modules is not installed; else null. */
export const missingModules = existsSync(`${MODULES_HOME}/init/bash`)
  ? null
  : 'Environment Modules is not installed (Debian: environment-modules).';

/** As in a login shell: `module` is an exported function, and MODULEPATH names the experiment's modulefiles. */
export function loginShell({ folder }: Experiment): Record<string, string> {
  const text = execFileSync('bash', ['--norc', '-c', `source ${MODULES_HOME}/init/bash; env -0`], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, MODULEPATH: `${folder}/modulefiles` },
  });
  const pairs = text.split('\0').filter((pair) => /^(BASH_FUNC_|MODULE|LOADEDMODULES)/.test(pair));
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
}

/** As where another shell than bash started wfc: no function, but what that shell exports. */
export function otherShell({ folder }: Experiment): Record<string, string> {
  return { MODULESHOME: MODULES_HOME, MODULEPATH: `${folder}/modulefiles` };
}

const STAND_INS = {
  /** \`conda shell.bash hook\`, and then the function that this defines. Environments: base, torch. */
  conda: `#!/bin/bash
echo "conda $*" >>"$STAND_IN_CALLS"
[[ "$*" == "shell.bash hook" ]] || exit 2
cat <<'HOOK'
conda() {
  echo "conda $*" >>"$STAND_IN_CALLS"
  [[ $2 == torch ]] || { echo "EnvironmentNameNotFound: $2" >&2; return 1; }
  # Scripts of environments read unset variables, and do not mind failures.
  export CONDA_DEFAULT_ENV=$2 OLD=$WFC_TEST_NEVER_SET
  false
  :
}
HOOK
`,
  /** The image is this machine; nothing of the calling bash but its exported variables gets in. */
  apptainer: `#!/bin/bash
echo "\${0##*/} $1 $2 $3 $4" >>"$STAND_IN_CALLS"
shift 2
exec "$@"
`,
} as const;

/** What the stand-ins noted since the last look, in the order of the calls. */
export function standInCalls(made: Experiment): string[] {
  const lines = made.has('stand-in-calls') ? made.read('stand-in-calls').trimEnd().split('\n') : [];
  made.remove('stand-in-calls');
  return lines;
}

/** A PATH that begins with these stand-ins, by the names they are to have. */
export function standIns(
  made: Experiment,
  names: Readonly<Record<string, keyof typeof STAND_INS>>,
): Record<string, string> {
  for (const [name, text] of Object.entries(names)) {
    made.write(`stand-ins/${name}`, STAND_INS[text]);
    chmodSync(made.path(`stand-ins/${name}`), 0o755);
  }
  return { PATH: `${made.path('stand-ins')}:${process.env.PATH}`, STAND_IN_CALLS: made.path('stand-in-calls') };
}

const MODULEFILES = {
  'modulefiles/one/1.0': '#%Module1.0\nsetenv TOOL one-1.0\n',
  'modulefiles/two/2.0': '#%Module1.0\nsetenv TOOL two-2.0\nprepend-path PATH TOOLS\n',
};

/** Two tasks with modules (the second needs both, in this order), and one that must not see them. */
export function withModules(): Experiment {
  const made = experiment(
    `params:
  name: [one/1.0, two]
rules:
  loaded:
    output: out/{name}.txt
    modules: [one/1.0, "{name}"]
    run: |
      echo "$TOOL" "\${LOADEDMODULES}" > {output}
      type -P own-tool >> {output} || echo none >> {output}
  strict:
    output: out/strict.txt
    modules: one
    run: echo "$WFC_TEST_NEVER_SET" > {output}
  plain:
    input: out/two.txt
    output: out/plain.txt
    run: echo "\${TOOL-none}" > {output}
`.replace('name: [one/1.0, two]', 'name: {values: [one/1.0, two], path: true}'),
    MODULEFILES,
  );
  made.write('modulefiles/two/2.0', MODULEFILES['modulefiles/two/2.0'].replace('TOOLS', made.path('tools')));
  made.write('tools/own-tool', '#!/bin/sh\n');
  chmodSync(made.path('tools/own-tool'), 0o755);
  return made;
}

/** What `withModules` makes: strict fails, since after a load an unset variable is an error again. */
export function modulesTree({ folder }: Experiment): Record<string, string> {
  return {
    'out/one/1.0.txt': 'one-1.0 one/1.0\nnone\n',
    'out/plain.txt': 'none\n',
    'out/two.txt': `two-2.0 one/1.0:two/2.0\n${folder}/tools/own-tool\n`,
  };
}

export function outputs(made: Experiment): Record<string, string> {
  return Object.fromEntries(made.files('out').map((path) => [path, readFileSync(made.path(path), 'utf8')]));
}

/** A conda environment that is there, one that is not, and strictness after the first. */
export const CONDA = `rules:
  there:
    output: out/there.txt
    conda: torch
    run: echo "$CONDA_DEFAULT_ENV" > {output}
  strict:
    output: out/strict.txt
    conda: torch
    run: echo "$WFC_TEST_NEVER_SET" > {output}
  missing:
    output: out/missing.txt
    conda: no such
    run: echo > {output}
`;

/** Values that a shell could take apart, into a container: as bash and as Python, with lists and the file of a list. */
export const CONTAINER = `params:
  v: ["a b", "q'u\\"o", "$(touch PWNED)", "é;ls", "-dash"]
rules:
  one:
    container: images/{v}.sif
    output: "out/{v}.txt"
    env: {V: "{v}"}
    run: |
      # A here-document, a list and a function of its own: all go through as text.
      say() { printf '%s|' "$@"; }
      { say {v} "$V"; cat <<END
      {v}
      END
      } > {output}
  two:
    container: python.sif
    shell: python3
    input: "out/{v}.txt"
    output: "out/{v}.py.txt"
    run: |
      with open({output}, "w") as f: f.write({v} + open({input}).read())
  all:
    container: "all of it.sif"
    gather: v
    input: "out/{v}.py.txt"
    output: out/all.txt
    run: |
      cat {input} > {output}
      while IFS= read -r path; do cat -- "$path"; done < {input:list} >> {output}
  constant:
    container: constant.sif
    output: out/constant.txt
    run: |
      echo some > out/constant.txt
`;
