import { existsSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { type RecordedCommand, recordCommands } from '../../src/cli/recorded.ts';
import { parseProfile } from '../../src/compile/schema/profile.ts';
import { REASONS } from '../../src/resume/reason.ts';
import { compileText, planOf } from '../schema/compile-text.ts';
import { anchorsOf, type Block, linksOf, type Readme, ROOT, readmes } from './readmes.ts';

const all = readmes();
const readText = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const of = (path: string): Readme => all.find((readme) => readme.path === path)!;

/** What the specs of the READMEs read; programs that they name are not looked at. */
const FILES: Readonly<Record<string, string>> = {
  'sites.txt': Array.from({ length: 101 }, (_, i) => `0${1_022_500 + i}\n`).join(''),
  'stations.csv': 'station,river\n01022500,Narraguagus\n01030500,Mattawamkeag\n',
  'data/como.csv': '',
  'data/garda.csv': '',
};

/** Around the keys of a rule alone. */
const RULE_BEFORE = 'wfc: 1\nparams: {site: [a], word: [a], width: [1]}\nrules:\n  r:\n';
const RULE_ELSE = { run: 'run: make-it', input: 'input: data/como.csv', output: 'output: "{word}/{width}"' };

/** What wfc says of a block of YAML: nothing where all is well. */
function mistakesIn({ info, text }: Pick<Block, 'info' | 'text'>): string[] {
  switch (info) {
    case 'yaml':
      return compileText(text, { files: FILES }).diagnostics.map(({ message }) => message);
    case 'yaml profile':
      return parseProfile({ file: 'p.yml', text }).diagnostics.map(({ message }) => message);
    case 'yaml rule':
      return mistakesIn({ info: 'yaml', text: asSpec(text) });
    default:
      return [`"${info}" says not what the block is: yaml (a spec), yaml profile, yaml rule, yaml continued`];
  }
}

function asSpec(rule: string): string {
  const missing = Object.entries(RULE_ELSE).filter(([key]) => !rule.startsWith(`${key}:`));
  const lines = [...missing.map(([, line]) => line), ...rule.trimEnd().split('\n')];
  return `${RULE_BEFORE}${lines.map((line) => `    ${line}\n`).join('')}`;
}

/** The blocks of YAML, what goes on after prose put behind what it continues. */
function yamlBlocks({ blocks }: Readme): Block[] {
  const whole: Block[] = [];
  for (const block of blocks.filter(({ info }) => /^ya?ml\b/.test(info))) {
    const before = whole.at(-1);
    if (block.info === 'yaml continued' && before)
      whole[whole.length - 1] = { ...before, text: before.text + block.text };
    else whole.push(block);
  }
  return whole;
}

describe('the YAML of the READMEs', () => {
  const blocks = all.flatMap(yamlBlocks);

  it.each(blocks.map((block) => [block.place, block] as const))('at %s has no mistake', (_, block) => {
    expect(mistakesIn(block)).toEqual([]);
  });

  it('is seen to be broken where a block of it is broken', () => {
    expect(blocks.length).toBeGreaterThanOrEqual(8);
    for (const { place, info, text } of blocks) {
      const broken = text.replace(/^( *)(rules|slurm|run|output):/m, '$1nonsense:');
      expect(mistakesIn({ info, text: broken }), place).not.toEqual([]);
    }
    expect(mistakesIn({ info: 'yml', text: 'wfc: 1' })).not.toEqual([]);
  });

  it('makes of the Snakefile that is converted step by step the 81,912 tasks that are told beside it', () => {
    const [study] = yamlBlocks(of('examples/README.md'));
    expect(planOf(study!.text, { files: FILES }).neededCount).toBe(81_912);
  });
});

describe('the README of the root', () => {
  it('has at most 300 lines', () => {
    expect(of('README.md').lines.length).toBeLessThanOrEqual(300);
  });

  it('leads to every other README of a folder, itself or by way of another', () => {
    const reached = new Set(['README.md']);
    for (const path of reached) {
      for (const to of linksOf(of(path))) {
        const target = normalize(join(of(path).folder, to.replace(/#.*/, '')));
        for (const readme of [target, join(target, 'README.md')]) if (of(readme)) reached.add(readme);
      }
    }
    expect(all.map(({ path }) => path).filter((path) => !reached.has(path))).toEqual([]);
  });
});

describe.each(all.map((readme) => [readme.path, readme] as const))('%s', (_, readme) => {
  it('links to files that exist and to headings that they have', () => {
    const dead = linksOf(readme).filter((to) => {
      const [path, anchor] = to.split('#') as [string, string?];
      const target = path === '' ? readme.path : normalize(join(readme.folder, path));
      if (!existsSync(join(ROOT, target))) return true;
      return anchor !== undefined && !(of(target) && anchorsOf(of(target)).has(anchor));
    });
    expect(dead).toEqual([]);
  });

  it('names files of the repository that exist', () => {
    const named = readme.prose.matchAll(/`((?:src|test|templates|schema|examples|\.ci)\/[\w./*-]*)`/g);
    const missing = [...named].map((match) => match[1]!).filter((path) => !existsSync(join(ROOT, path)));
    expect(missing).toEqual([]);
  });
});

describe('what a README tells of the code', () => {
  interface Naming {
    readonly name: string;
    /** Those named in the same paragraph, point or row. */
    readonly files: readonly string[];
  }

  /** Each `function()`, and each `Class`, which may be a type as well. */
  function namedIn({ prose, folder }: Readme): Naming[] {
    return prose.split(/\n(?=\n| *\d+\. | *- |\|)/).flatMap((passage) => {
      const paths = [...passage.matchAll(/`([\w./-]+\.(?:ts|sh))`/g)].map((match) => match[1]!);
      const files = paths.map((path) => [join(folder, path), path].find((at) => existsSync(join(ROOT, at))) ?? path);
      const names = passage.matchAll(/`(_?[A-Za-z]\w*)\(\)`|`([A-Z][a-z]+[A-Z]?\w*)`/g);
      return [...names].map((match) => ({ name: (match[1] ?? match[2])!, files }));
    });
  }

  function isDefinedIn(name: string, file: string): boolean {
    const keyword = '(?:export )?(?:async )?(?:function\\*?|class|const|interface|type)';
    return new RegExp(`^(?:${keyword} ${name}\\b|${name}\\(\\) \\{)`, 'm').test(readText(file));
  }

  it.each(['src/README.md', 'src/resume/README.md', 'templates/README.md'])(
    '%s names files that exist, and beside each function and class the file that has it',
    (path) => {
      const named = namedIn(of(path));
      expect(named.length).toBeGreaterThan(0);
      const files = named.flatMap((naming) => naming.files);
      expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
      expect(named.filter((naming) => !naming.files.some((file) => isDefinedIn(naming.name, file)))).toEqual([]);
    },
  );

  it('the layers of src stand as the test of the imports has them', () => {
    const [, told] = /^(cli → [\w →]+)\.$/m.exec(of('src/README.md').prose)!;
    const [, held] = /^it\('imports point one way: ([\w, ]+)'/m.exec(readText('test/architecture.fast.test.ts'))!;
    expect(told!.split(' → ')).toEqual(held!.split(', '));
  });

  it('the lines of the journal stand as the code that reads them says it', () => {
    const told = of('templates/README.md').blocks.find(({ text }) => text.startsWith('run  '))!.text;
    const held = readText('src/resume/history.ts').matchAll(/^ \* {5}([a-z]+ +[A-Z].*)$/gm);
    expect(told.trimEnd().split('\n')).toEqual([...held].map((match) => match[1]));
  });

  /** Commands without commands below them, by their whole names: `import snakefile`. */
  function leaves(commands: readonly RecordedCommand[], before = ''): { name: string; command: RecordedCommand }[] {
    return commands.flatMap((command) => {
      const name = `${before}${command.name}`;
      return command.commands.length > 0 ? leaves(command.commands, `${name} `) : [{ name, command }];
    });
  }

  it('every command stands in the README, and with its options in that of src/cli', () => {
    const commands = leaves(recordCommands(COMMANDS));
    expect(commands.length).toBeGreaterThan(15);
    const missing = commands.flatMap(({ name, command }) => {
      const places = ['README.md', 'src/cli/README.md'].filter((path) => !of(path).prose.includes(`\`wfc ${name}`));
      const options = command.options.filter((option) => {
        const forms = [`--${option.name}`, `--no-${option.name}`, ...(option.alias ? [`-${option.alias}`] : [])];
        return !forms.some((form) => new RegExp(`${form}\\b`).test(of('src/cli/README.md').prose));
      });
      return [...places.map((path) => `${name} in ${path}`), ...options.map((option) => `${name} --${option.name}`)];
    });
    expect(missing).toEqual([]);
  });

  it('the reasons stand in their order of precedence', () => {
    const rows = of('src/resume/README.md').prose.matchAll(/^\| `([a-z ]+)` \|/gm);
    expect(['complete', ...[...rows].map((row) => row[1])]).toEqual(REASONS);
  });
});
