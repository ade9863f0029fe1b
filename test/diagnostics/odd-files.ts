import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const SPEC = 'wfc: 1\nrules:\n  prep:\n    output: a.csv\n    run: ./prep\n';

interface OddFile {
  readonly args: readonly string[];
  /** Files to make, by name; null for a folder. */
  readonly files: Readonly<Record<string, string | Buffer | null>>;
  /** Names of empty files that are no text. */
  readonly byteNames?: readonly Buffer[];
}

/** Situations that no file in a repository can hold. */
export const ODD_FILES: Readonly<Record<string, OddFile>> = {
  'no-spec-at-all': { args: ['validate'], files: {} },
  'missing-file': { args: ['validate', 'sweep.yml'], files: {} },
  'missing-file-a-rule': { args: ['validate', 'prep'], files: { 'wfc.yml': SPEC } },
  'missing-file-near-a-rule': { args: ['plan', 'perp'], files: { 'wfc.yml': SPEC } },
  'missing-file-an-output': { args: ['validate', './a.csv'], files: { 'wfc.yml': SPEC } },
  'missing-file-a-setting': { args: ['validate', 'epochs=3'], files: { 'wfc.yml': SPEC } },
  'missing-file-near-a-file': { args: ['validate', 'swep.yml'], files: { 'sweep.yml': SPEC } },
  'below-a-file': { args: ['validate', 'wfc.yml/x.yml'], files: { 'wfc.yml': SPEC } },
  folder: { args: ['validate', 'study'], files: { study: null } },
  'folder-with-spec': { args: ['validate', 'study'], files: { 'study/wfc.yml': SPEC } },
  'found-by-name': { args: ['validate'], files: { 'spec.json': '{"wfc": 1, "rules": {}}' } },
  'named-like-a-folder': { args: ['validate'], files: { 'wfc.yml': null } },
  'empty-file': { args: ['validate', 'a.yml'], files: { 'a.yml': '' } },
  'only-comments': { args: ['validate', 'a.yml'], files: { 'a.yml': '\n# to do\n\n' } },
  bom: { args: ['validate', 'a.yml'], files: { 'a.yml': `\ufeff${SPEC}` } },
  'bom-and-mistake': { args: ['validate', 'a.yml'], files: { 'a.yml': `\ufeffwcf: 1\n${SPEC.slice(7)}` } },
  crlf: { args: ['validate', 'a.yml'], files: { 'a.yml': SPEC.replaceAll('\n', '\r\n') } },
  'crlf-and-mistakes': {
    args: ['validate', 'a.yml'],
    files: {
      'a.yml': `${SPEC}    runn: x\n  b:\n    output: "{x}"\n    run: |\n      a\n      b {y}\n`.replaceAll(
        '\n',
        '\r\n',
      ),
    },
  },
  latin1: { args: ['validate', 'a.yml'], files: { 'a.yml': Buffer.from(`${SPEC}# Z\u00fcrich\n`, 'latin1') } },
  utf16: { args: ['validate', 'a.yml'], files: { 'a.yml': Buffer.from(`\ufeff${SPEC}`, 'utf16le') } },
  'utf16-without-mark': { args: ['validate', 'a.yml'], files: { 'a.yml': Buffer.from(SPEC, 'utf16le') } },
  'other-encodings': {
    args: ['validate', 'a.yml', '--config', 'c.yml', '--config', 'd.yml', '--profile', './p.yml'],
    files: {
      'a.yml':
        'wfc: 1\ntables: {t: {csv: t.csv}, u: {csv: "my u.csv"}}\nparams: {p: {lines: l.txt}, q: {lines: b.txt}}\nrules: {a: {run: x, output: "{p}"}}\n',
      't.csv': Buffer.from('\ufeffsite,lr\n', 'utf16le'),
      'my u.csv': Buffer.from('town,x\nZ\u00fcrich,1\n', 'latin1'),
      'l.txt': Buffer.from('\ufeffa\n', 'utf16le').swap16(),
      'b.txt': '\ufeffa\n',
      'c.yml': Buffer.from('a: \u00e9\n', 'latin1'),
      'd.yml': Buffer.from('a: 1\n', 'utf16le'),
      'p.yml': Buffer.from('slurm: {comment: na\u00efve}\n', 'latin1'),
    },
  },
  'empty-config': {
    args: ['validate', 'a.yml', '--config', 'c.yml', '--config', 'd.yml'],
    files: { 'a.yml': SPEC, 'c.yml': '', 'd.yml': '# nothing yet\n' },
  },
  'cut-inside-a-character': {
    args: ['validate', 'a.yml'],
    files: { 'a.yml': Buffer.concat([Buffer.from(`${SPEC}# `), Buffer.from([0xe6, 0x97])]) },
  },
  nul: { args: ['validate', 'a.yml'], files: { 'a.yml': SPEC.replace('./prep', './pr\0ep') } },
  'escape-character': { args: ['validate', 'a.yml'], files: { 'a.yml': SPEC.replace('a.csv', '\u001b[31ma.csv') } },
  'control-characters-in-messages': {
    args: ['validate', 'a.yml'],
    files: { 'a.yml': 'wfc: 1\n"\\e[31mrules": {}\n"\\u202eb": 1\nrules: {a: {run: x, output: x}}\n' },
  },
  'wide-characters': {
    args: ['validate', 'a.yml'],
    files: { 'a.yml': 'wfc: 1\nrules: {a: {run: "echo 流量 é 🌊 {sit}", output: x}}\n' },
  },
  'long-line': {
    args: ['validate', 'a.yml'],
    files: { 'a.yml': `wfc: 1\nrules: {a: {run: "echo ${'x '.repeat(300)}{sit} ${'y '.repeat(300)}", output: x}}\n` },
  },
  'binary-table': {
    args: ['validate', 'a.yml'],
    files: {
      'a.yml': 'wfc: 1\ntables: {t: {csv: t.csv}}\nparams: {p: {lines: l.txt}}\nrules: {a: {run: x, output: "{a}"}}\n',
      't.csv': Buffer.from([0x61, 0x2c, 0x62, 0x0a, 0xff, 0xfe]),
      'l.txt': 'a\0b\n',
    },
  },
  'name-not-utf8': {
    args: ['validate', 'a.yml'],
    // As the file system gives it: the byte is no UTF-8.
    files: { 'a.yml': 'wfc: 1\nparams: {p: {glob: "g/{p}"}}\nrules: {a: {run: x, output: "{p}"}}\n', 'g/a': '' },
    byteNames: [Buffer.from('g/b\xff', 'latin1')],
  },
  'many-mistakes': {
    args: ['validate', 'a.yml'],
    files: {
      'a.yml': 'wfc: 1\nparams: {p: {lines: l.txt}}\nrules: {a: {run: x, output: "{p}"}}\n',
      'l.txt': 'a\n'.repeat(300),
    },
  },
};

/** Make each situation in a folder of its own. */
export function makeOddFiles(folder: string): void {
  for (const [name, { files, byteNames = [] }] of Object.entries(ODD_FILES)) {
    mkdirSync(join(folder, name));
    for (const [file, content] of Object.entries(files)) {
      const path = join(folder, name, file);
      mkdirSync(dirname(path), { recursive: true });
      if (content === null) mkdirSync(path);
      else writeFileSync(path, content);
    }
    for (const file of byteNames) writeFileSync(Buffer.concat([Buffer.from(`${join(folder, name)}/`), file]), '');
  }
}
