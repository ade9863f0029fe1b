/** What a command certainly is, for a shell that would run it in a cheaper way; see src/compile/bash/shape.ts. */
import { describe, expect, it } from 'vitest';
import { commandShape } from '../../src/compile/bash/shape.ts';

const shapeOf = (command: string) => commandShape(command, new Set(['wfc_x', 'wfc_output']));

describe('a command of nothing but harmless builtins', () => {
  it.each([
    'echo "${wfc_x}" > "${wfc_output}"',
    'echo a>b && : >>c 2>&1',
    'true',
    'printf "%s\\n" "${wfc_x}" >| b # said',
    "\n# first\necho a \\\n  b &&\n\n echo '$x \"' \\* >&2\n",
    'echo x > /dev/null',
  ])('is seen: %s', (command) => {
    expect(shapeOf(command)).toEqual({ kind: 'builtins' });
  });

  it.each([
    // -e would stop after the first, and a shell that goes on does not.
    'echo a > b; echo c > d',
    'echo a > b\necho c > d',
    'echo a || echo b',
    // They set variables, or what they say is of the shell they run in.
    'printf -v a b',
    'printf "%n" a',
    "printf '%99999999d' 1",
    'printf "${wfc_x}"',
    'printf',
    'echo "$BASHPID"',
    'echo "${HOME}"',
    'echo ${wfc_x}',
    'echo "${wfc_xs[@]}"',
    // Bash computes, looks for files, starts a process, or writes to its own descriptors.
    'echo $((1))',
    'echo *',
    'echo ~',
    'echo {a,b}',
    'echo "$(pwd)"',
    'echo `pwd`',
    'echo <(pwd)',
    'echo a >&3',
    'echo a > /dev/fd/3',
    'echo a > /proc/self/fd/3',
    'echo a &',
    'x=1 echo a',
    'x=1',
    'cd /',
    'exit',
    'exec',
    'test -e a',
  ])('is not taken for one: %s', (command) => {
    expect(shapeOf(command).kind).not.toBe('builtins');
  });
});

describe('a command that ends with a program', () => {
  it.each([
    ['cp a "$HOME" > b 2>&1 # said\n', ['cp'], 'cp'],
    ['python3 "${wfc_script}" "${#wfc_xs[@]}" "${wfc_xs[@]}"', ['python3'], 'python3'],
    ['mkdir -p {a,b}/*\n\n  ./fit.sh <src \\\n  >b;', ['mkdir', './fit.sh'], './fit.sh'],
    ['echo a && cp a b && sort -o c b', ['cp', 'sort'], 'sort'],
  ])('is seen: %j', (command, programs, last) => {
    const shape = shapeOf(command);
    expect(shape).toMatchObject({ kind: 'program', programs });
    if (shape.kind === 'program') expect(command.slice(shape.last)).toMatch(last);
  });

  it.each([
    // The shell has still to do something, or what it set up would be lost.
    'trap "rm t" EXIT\ncp a b',
    'export A=1; cp a b',
    'cp a b; echo done',
    'cp a b || true',
    'cp a b &',
    'cp a b &\ncp c d',
    'cp a b | sort',
    'sort <(ls)',
    'tee >(sort)',
    '! cp a b',
    'time cp a b',
    'if true; then cp a b; fi',
    '{ cp a b; }',
    '(cp a b)',
    'f() { cp a b; }\nf',
    'cp a "$(ls)"',
    'cp a "${x:-b}"',
    // Another word than its first is in the way.
    'LC_ALL=C sort a',
    '>b cat a',
    '"cp" a b',
    '$x a b',
    // More than is read here.
    'cat <<< a',
    'cat << a\na\n',
    'cat 3<&0',
    'cat >&-',
    'cp a;; cp b',
    'cp "a',
    'cp a &&',
    '# nothing',
    '',
  ])('is not taken for one: %j', (command) => {
    expect(shapeOf(command)).toEqual({ kind: 'other' });
  });
});
