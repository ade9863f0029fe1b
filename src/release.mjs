/**
 * Makes one executable file of Node, wfc and all that wfc reads, for machines without Node. Run by `npm run release`, after
 * the build: `node src/release.mjs [FILE]`. The Node in it is the one that runs this.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';
import { build } from 'esbuild';
import { BUNDLING } from './bundling.mjs';
import { inject, takesBlob } from './inject.mjs';

/** Libraries of any Linux with glibc that programs of C++ run on. */
const EVERYWHERE = /^(linux-vdso|ld-linux.*|lib(c|m|dl|pthread|rt|stdc\+\+|gcc_s))\.so(\.|$)/;

const file = process.argv[2] ?? 'release/wfc';
const work = mkdtempSync(join(tmpdir(), 'wfc-release-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));

// 1. A Node that runs elsewhere, too.
const program = strippedNode();
const problem = whyNotElsewhere(program);
if (problem !== null) {
  console.error(`error: ${process.execPath} ${problem}\n  hint: run this with a Node of nodejs.org`);
  process.exit(1);
}

// 2. wfc as one script, for an application in one file has no modules; and what V8 finds out in reading so long a one.
await build({
  ...BUNDLING,
  outfile: join(work, 'wfc.cjs'),
  format: 'cjs',
  supported: { 'dynamic-import': false },
  define: { 'import.meta.url': 'wfcUrl' },
  banner: { js: "(function(require){const wfcUrl=require('node:url').pathToFileURL(process.execPath).href;" },
  footer: { js: '})' },
});
const script = new Script(readFileSync(join(work, 'wfc.cjs'), 'utf8'), { filename: 'wfc.cjs' });
writeFileSync(join(work, 'wfc.cache'), script.createCachedData());
// Node would use a cache by itself, and complain to the user where it does not fit the user's NODE_OPTIONS.
writeFileSync(
  join(work, 'start.cjs'),
  `const { getAsset, getRawAsset } = require('node:sea');
const cachedData = Buffer.from(getRawAsset('wfc.cache'));
new (require('node:vm').Script)(getAsset('wfc.cjs', 'utf8'), { filename: 'wfc.cjs', cachedData }).runInThisContext()(require);
`,
);

// 3. All that, and what wfc reads, as Node wants it.
const assets = Object.fromEntries(shippedNames().map((name) => [name, name]));
writeFileSync(join(work, 'shipped'), Object.keys(assets).join('\n'));
const config = {
  main: join(work, 'start.cjs'),
  output: join(work, 'blob'),
  disableExperimentalSEAWarning: true,
  assets: {
    ...assets,
    ...Object.fromEntries(['shipped', 'wfc.cjs', 'wfc.cache'].map((name) => [name, join(work, name)])),
  },
};
writeFileSync(join(work, 'sea.json'), JSON.stringify(config));
execFileSync(process.execPath, ['--experimental-sea-config', join(work, 'sea.json')], { stdio: 'pipe' });

// 4. One file, which is not called wfc before it has run.
mkdirSync(dirname(file), { recursive: true });
const fresh = `${file}.new`;
writeFileSync(fresh, inject(program, readFileSync(join(work, 'blob'))));
chmodSync(fresh, 0o755);
const version = execFileSync(fresh, ['--version'], { encoding: 'utf8' }).trim();
renameSync(fresh, file);
writeFileSync(`${file}.LICENSE`, licences());
const { glibcVersionCompiler: glibc } = process.report.getReport().header;
const size = `${Math.round(readFileSync(file).length / 1e6)} MB`;
console.log(
  `${file}: wfc ${version} with Node ${process.version}, ${size}, for ${process.arch} and glibc ${glibc} or later`,
);

/** All that `src/io/files/shipped.ts` may be asked for, by its path from here. */
function shippedNames() {
  const templates = readdirSync('templates', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'README.md')
    .map((entry) => join(entry.parentPath, entry.name));
  return ['dist/worker.sh', 'dist/look-worker.cjs', 'dist/report-page.js', 'schema/spec.schema.json', ...templates];
}

/** Ours, and that of Node with all that is in it, which its packages and archives bring along. */
function licences() {
  const own = readFileSync('LICENSE', 'utf8');
  const places = ['../LICENSE', '../share/doc/nodejs/LICENSE', '../share/doc/node/LICENSE'];
  const place = places.map((path) => join(dirname(process.execPath), path)).find((path) => existsSync(path));
  const nodes =
    place === undefined
      ? `The licence of Node.js ${process.version} stands in the file LICENSE of its sources.\n`
      : readFileSync(place, 'utf8');
  return `${own}\n${'-'.repeat(78)}\nThe file \`wfc\` contains Node.js:\n\n${nodes}`;
}

/** Without what only a debugger reads, where binutils are there to take that away. */
function strippedNode() {
  const stripped = join(work, 'node');
  const { status } = spawnSync('strip', ['-o', stripped, process.execPath], { stdio: 'ignore' });
  return readFileSync(status === 0 ? stripped : process.execPath);
}

/** null for a Node that holds all but those. */
function whyNotElsewhere(node) {
  const { sharedObjects } = process.report.getReport();
  const others = sharedObjects.map((path) => path.split('/').at(-1)).filter((name) => !EVERYWHERE.test(name));
  if (others.length > 0)
    return `is not self-contained: it needs ${others.join(', ')}, which another machine may not have`;
  return takesBlob(node) ? null : 'can take no application: it is older than 20.19, or no program of 64-bit Linux';
}
