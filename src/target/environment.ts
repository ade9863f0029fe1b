import type { Rule } from '../model/workflow.ts';

/** Bash functions behind `modules`, `conda` and `container`, by name. Each fails the task, in words, rather than go on. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  wfc_load_module: `# A module that is not loaded fails the task. \`module\` is a function that a login shell exports; where it did not arrive
# (another shell than bash started wfc), the file that defines it is asked for. What modules run does not bear set -eu.
wfc_load_module() {
  local _wfc_options=$-
  set +eu
  if ! type -t module >/dev/null; then
    if [[ ! -r \${MODULESHOME-}/init/bash ]]; then
      printf 'wfc: module load %s: there is no command "module" on %s: start wfc from a login shell, or set MODULESHOME\\n' "$1" "$HOSTNAME" >&2
      exit 1
    fi
    # shellcheck source=/dev/null
    source "$MODULESHOME/init/bash"
  fi
  if ! module load "$1"; then
    printf 'wfc: module load %s failed on %s\\n' "$1" "$HOSTNAME" >&2
    exit 1
  fi
  # Release 3 succeeds whatever happens; its list tells.
  if [[ \${MODULE_VERSION-} == 3.* && :\${LOADEDMODULES-}: != *:"$1"[:/]* ]]; then
    printf 'wfc: module load %s: it is not loaded on %s\\n' "$1" "$HOSTNAME" >&2
    exit 1
  fi
  wfc_set_options "$_wfc_options"
}
`,
  wfc_activate_conda: `# \`conda\` is a function or a program on the PATH; where it is neither, CONDA_EXE may name it. What environments run when
# they are activated does not bear set -eu.
wfc_activate_conda() {
  local _wfc_options=$- _wfc_conda=conda _wfc_hook
  set +eu
  type -t conda >/dev/null || _wfc_conda=\${CONDA_EXE:-conda}
  if ! type -t "$_wfc_conda" >/dev/null; then
    printf 'wfc: conda activate %s: there is no command "conda" on %s: put it on the PATH, or set CONDA_EXE\\n' "$1" "$HOSTNAME" >&2
    exit 1
  fi
  if ! { _wfc_hook=$("$_wfc_conda" shell.bash hook) && eval "$_wfc_hook" && conda activate "$1"; }; then
    printf 'wfc: conda activate %s failed on %s\\n' "$1" "$HOSTNAME" >&2
    exit 1
  fi
  wfc_set_options "$_wfc_options"
}
`,
  wfc_set_options: `# -e and -u as they were.
wfc_set_options() {
  [[ $1 != *e* ]] || set -e
  [[ $1 != *u* ]] || set -u
}
`,
  wfc_exec_container: `# By apptainer or, where there is none, under its older name.
wfc_exec_container() {
  local _wfc_program
  for _wfc_program in apptainer singularity; do
    type -P "$_wfc_program" >/dev/null || continue
    "$_wfc_program" exec "$@"
    return
  done
  printf 'wfc: container: there is no command "apptainer" (nor "singularity") on %s\\n' "$HOSTNAME" >&2
  exit 1
}
`,
};

/** The functions that the commands of these rules call, as text; '' where they need none. */
export function environmentFunctions(rules: Iterable<Rule>): string {
  const texts = [...rules].flatMap(({ command }) => [
    ...command.setup,
    ...(command.container === null ? [] : ['wfc_exec_container']),
  ]);
  return functionsNamedIn(texts);
}

/** The same for lines of bash. */
export function functionsNamedIn(lines: readonly string[]): string {
  const named = new Set(lines.map((line) => line.split(' ')[0]!));
  if (named.has('wfc_load_module') || named.has('wfc_activate_conda')) named.add('wfc_set_options');
  return Object.entries(FUNCTIONS)
    .filter(([name]) => named.has(name))
    .map(([, text]) => text)
    .join('\n');
}
