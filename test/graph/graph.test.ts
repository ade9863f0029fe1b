import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { CHROMIUM, openFile } from '../support/browser.ts';
import { experiment } from '../support/experiment.ts';
import { describeWith } from '../support/programs.ts';

const STUDY = `name: study
params: {site: [a, b], seed: {from: 0, to: 2}, part: [train, test], half: [train, test]}
rules:
  prep: {output: "d/{site}", run: "echo > {output}"}
  settings: {output: settings, run: "echo > {output}"}
  fit: {input: ["d/{site}", settings], output: "m/{site}/{seed}", run: "cat {input} > {output}"}
  score: {input: "m/{site}/{seed}", output: "s/{site}/{seed}", run: "cat {input} > {output}"}
  split: {output: "p/{part}", run: "echo > {output}"}
  test: {input: ["p/{half}", "s/{site}/0"], output: "t/{site}/{half}", run: "cat {input} > {output}"}
  best: {gather: [site, seed], input: "s/{site}/{seed}", output: best, run: "cat {input} > {output}"}
`;

/** Values that each format could take for something of its own. */
const HOSTILE = ['a"b', '<b>&amp;#35;', 'x]y;z', '\\N\\', "it's|{end}", '`style a:#1;`', '-->|q|'];
const HOSTILE_SPEC = `name: 'the "end" <script>alert(1)</script>'
params:
  value: ${JSON.stringify(HOSTILE)}
rules:
  make: {output: "out/{value}", run: "echo > {output}"}
  join: {gather: [value], input: "out/{value}", output: all, run: "cat {input} > {output}"}
`;

describe('the text', () => {
  it('shows rules with their counts and the shape of each edge, within 80 columns', async () => {
    const { stdout, status } = await experiment(STUDY).wfc('graph');
    expect(status).toBe(0);
    expect(stdout.split('\n')).toEqual([
      'study: 7 rules, 22 tasks',
      '',
      '●    prep      2 tasks',
      '│',
      '│ ●  settings   1 task',
      '│ │',
      '●─╯  fit       6 tasks',
      '│      ← prep: block by site',
      '│      ← settings: broadcast',
      '│',
      '●    score     6 tasks',
      '│      ← fit: one-to-one',
      '│',
      '│ ●  split     2 tasks',
      '│ │',
      '├─●  test      4 tasks',
      '│      ← split: irregular',
      '│      ← score: block by site',
      '│',
      '●    best       1 task',
      '       ← score: gather',
    ]);
  });

  it('leaves out what the goals do not need', async () => {
    const { stdout } = await experiment(STUDY).wfc('graph --goal m/a/1');
    expect(stdout).toContain('3 rules, 3 tasks');
    expect(stdout).toMatch(/fit +1 task\n/);
    expect(stdout).not.toMatch(/score|best|split/);
  });

  it('of tasks that share much is a tree from the targets down, within 80 columns', async () => {
    const { stdout } = await experiment(STUDY).wfc('graph --tasks --goal best');
    const lines = stdout.split('\n');
    expect(lines.slice(2, 8)).toEqual([
      'best',
      '├─ score site=a seed=0',
      '│  └─ fit site=a seed=0',
      '│     ├─ prep site=a',
      '│     └─ settings',
      '├─ score site=a seed=1',
    ]);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('of a thousand rules that one reads stays within 80 columns; a chain of them is one rail', async () => {
    const names = Array.from({ length: 1000 }, (_, i) => `r${i}`);
    const single = names.map((name) => `  ${name}: {output: o/${name}, run: "echo > {output}"}`).join('\n');
    const wide = `rules:\n${single}\n  all: {input: [${names.map((n) => `o/${n}`)}], output: all, run: "cat {input} > {output}"}\n`;
    const fan = await experiment(wide).wfc('graph');
    expect(fan.stdout).toContain('├─ r998 (1 task) one-to-one\n└─ r999 (1 task) one-to-one');
    const links = names.map(
      (n, i) => `  ${n}: {${i > 0 ? `input: o/r${i - 1}, ` : ''}output: o/${n}, run: "echo > {output}"}`,
    );
    const chain = await experiment(`rules:\n${links.join('\n')}\n`).wfc('graph');
    expect(chain.stdout).toContain('●  r999  1 task');
    expect(Math.max(...chain.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});

describe('mistakes', () => {
  it('more tasks than anybody could read are refused, with what to narrow', async () => {
    const many = experiment(
      'params: {i: {from: 1, to: 501}}\nrules: {one: {output: "o/{i}", run: "echo > {output}"}}\n',
    );
    const refused = await many.wfc('graph --tasks');
    expect(refused).toMatchObject({ status: 2, stdout: '' });
    expect(refused.stderr).toMatch(/501 tasks make no picture; it draws up to 500[\s\S]*hint: narrow it/);
    expect((await many.wfc('graph --tasks --set i=1,2')).status).toBe(0);
    expect((await many.wfc('graph')).status).toBe(0);
  });

  it('a picture never replaces the spec, an output or a source file of a task', async () => {
    const study = experiment('rules: {copy: {input: in.txt, output: out.txt, run: "cat {input} > {output}"}}\n', {
      'in.txt': 'kept',
      'out.txt': 'kept',
    });
    for (const [file, why] of [
      ['wfc.yml', 'is the spec'],
      ['in.txt', 'is read by tasks'],
      ['./out.txt', 'is made by a task'],
    ] as const) {
      const { status, stderr } = await study.wfc(`graph --out ${file}`);
      expect(status).toBe(2);
      expect(stderr).toContain(why);
    }
    expect([study.read('in.txt'), study.read('out.txt')]).toEqual(['kept', 'kept']);
    expect(await study.wfc('graph --out deep/graph.txt')).toMatchObject({ status: 0, stdout: '' });
    expect(study.read('deep/graph.txt')).toContain('copy');
    expect(await study.wfc('graph --out in.txt/graph.svg')).toMatchObject({ status: 3 });
    expect(study.files('.').filter((file) => file.includes('wfc-new'))).toEqual([]);
  });
});

it('--json gives nodes and edges with their shapes', async () => {
  const { stdout } = await experiment(STUDY).wfc('graph --goal m/a/1 --json');
  expect(JSON.parse(stdout)).toEqual({
    kind: 'rules',
    nodes: [
      { id: 0, rule: 'prep', tasks: 1, params: {} },
      { id: 1, rule: 'settings', tasks: 1, params: {} },
      { id: 2, rule: 'fit', tasks: 1, params: {} },
    ],
    edges: [
      { from: 0, to: 2, shapes: [{ shape: 'block', by: ['site'] }] },
      { from: 1, to: 2, shapes: [{ shape: 'broadcast', by: [] }] },
    ],
  });
});

describeWith({ program: 'dot', package: 'graphviz' }, 'dot, read by Graphviz', () => {
  it('has the labels that the spec wrote, whatever stands in them', async () => {
    const { stdout } = await experiment(HOSTILE_SPEC).wfc('graph --tasks --format dot');
    const drawn = await execa('dot', ['-Tsvg'], { input: stdout });
    expect(drawn.stderr).toBe('');
    const texts = [...drawn.stdout.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => unescapeXml(text!));
    expect(texts.sort()).toEqual(['join', ...HOSTILE.flatMap((value) => ['make', `value=${value}`])].sort());
  });

  it('has an edge for each dependency', async () => {
    const { stdout } = await experiment(STUDY).wfc('graph --format dot');
    const { objects, edges } = JSON.parse((await execa('dot', ['-Tjson'], { input: stdout })).stdout) as {
      objects: { label: string }[];
      edges: { tail: number; head: number; label: string }[];
    };
    const named = edges.map((e) => [objects[e.tail]!.label, objects[e.head]!.label, e.label].join(' / '));
    expect(named).toContain('score\\n6 tasks / best\\n1 task / gather');
    expect(named).toHaveLength(6);
  });
});

describe('mermaid', () => {
  it('has every sign that could end a text or begin markup as a number', async () => {
    const { stdout } = await experiment(HOSTILE_SPEC).wfc('graph --tasks --format mermaid');
    const labels = [...stdout.matchAll(/^ {2}n\d+\["(.*)"\]$/gm)].map(([, label]) => label!);
    expect(labels).toHaveLength(HOSTILE.length + 1);
    for (const label of labels) expect(label.replaceAll('<br/>', '')).toMatch(/^([\w=. _/,+-]|#\d+;)*$/);
    const decoded = labels.map((l) => l.replace(/#(\d+);/g, (_, code) => String.fromCodePoint(Number(code))));
    expect(decoded.sort()).toEqual(['join', ...HOSTILE.map((value) => `make<br/>value=${value}`)].sort());
    expect(stdout.split('\n').filter((line) => line.includes('-->'))).toHaveLength(HOSTILE.length);
  });

  it('labels its edges', async () => {
    const { stdout } = await experiment(STUDY).wfc('graph --goal m/a/1 --format mermaid');
    expect(stdout).toBe(
      [
        'flowchart TD',
        '  n0["prep<br/>1 task"]',
        '  n1["settings<br/>1 task"]',
        '  n2["fit<br/>1 task"]',
        '  n0 -->|"block by site"| n2',
        '  n1 -->|"broadcast"| n2',
        '',
      ]
        .join('\n')
        .trimEnd(),
    );
  });
});

describe('svg', () => {
  it('has the labels that the spec wrote as text, and no markup from it', async () => {
    const { stdout } = await experiment(HOSTILE_SPEC).wfc('graph --tasks --format svg');
    const texts = [...stdout.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => unescapeXml(text!));
    expect(texts.sort()).toEqual(['join', ...HOSTILE.flatMap((value) => ['make', `value=${value}`])].sort());
    expect(stdout).not.toMatch(/<script|<b>/);
  });

  it('has boxes that do not overlap, those of the first values to the left', async () => {
    const { stdout } = await experiment(STUDY).wfc('graph --tasks --format svg');
    const boxes = [...stdout.matchAll(/class="box" x="([\d.]+)" y="([\d.]+)" width="(\d+)" height="(\d+)"/g)].map((m) =>
      m.slice(1).map(Number),
    ) as [number, number, number, number][];
    expect(boxes).toHaveLength(22);
    const overlaps = boxes.flatMap(([x, y, w, h], i) =>
      boxes.slice(i + 1).filter(([x2, y2, w2, h2]) => x < x2 + w2 && x2 < x + w && y < y2 + h2 && y2 < y + h),
    );
    expect(overlaps).toEqual([]);
    const leftOf = (task: string): number =>
      Number(stdout.split(`<title>${task}</title>`)[1]!.split('x="')[1]!.split('"')[0]);
    expect(leftOf('fit\nsite=a\nseed=0')).toBeLessThan(leftOf('fit\nsite=b\nseed=2'));
  });

  it('shows rules that feed themselves or each other, within its borders', async () => {
    const rings = `tables: {steps: [{i: 1, prev: 0}, {i: 2, prev: 1}]}
rules:
  ping: {input: "s/{prev}", output: "p/{i}", run: "cat {input} > {output}"}
  pong: {input: "p/{i}", output: "s/{i}", run: "cat {input} > {output}"}
  grow: {input: "g/{prev}", output: "g/{i}", run: "cat {input} > {output}"}
`;
    const made = experiment(rings);
    const { stdout } = await made.wfc('graph --format svg');
    expect(stdout.match(/class="edge"/g)).toHaveLength(3);
    const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(stdout)!.map(Number) as [number, number, number];
    const numbers = [...stdout.matchAll(/<path class="edge" d="([^"]*)"/g)].map(([, d]) =>
      d!.match(/[\d.]+/g)!.map(Number),
    );
    for (const path of numbers)
      path.forEach((n, i) => {
        expect(n).toBeLessThan(i % 2 === 0 ? width : height);
      });
    expect((await made.wfc('graph')).stdout).toContain('← itself: irregular');
  });

  it('of more rules than anybody could read is refused, with the formats that go', async () => {
    const rules = Array.from({ length: 501 }, (_, i) => `  r${i}: {output: o/${i}, run: "echo > {output}"}`).join('\n');
    const { status, stderr } = await experiment(`rules:\n${rules}\n`).wfc('graph --format svg');
    expect(status).toBe(2);
    expect(stderr).toContain('take --format text, dot or mermaid');
  });
});

describeWith(CHROMIUM, 'svg, opened in Chromium', () => {
  it('is well-formed and complete, and its texts lie within their boxes', async () => {
    const made = experiment(HOSTILE_SPEC);
    expect((await made.wfc('graph --tasks --format svg --out g.svg')).status).toBe(0);
    const { page, complaints, requests } = await openFile(made.path('g.svg'), 'svg g');
    expect(await page.locator('parsererror').count()).toBe(0);
    expect(await page.locator('svg > title').textContent()).toBe('the "end" <script>alert(1)</script>: tasks');
    const texts = await page.locator('g text').allTextContents();
    expect(texts.sort()).toEqual(['join', ...HOSTILE.flatMap((value) => ['make', `value=${value}`])].sort());
    for (const box of await page.locator('svg > g').all()) {
      const room = (await box.locator('.box').boundingBox())!;
      for (const text of await box.locator('text').all()) {
        const { x, width } = (await text.boundingBox())!;
        expect(x).toBeGreaterThan(room.x);
        expect(x + width).toBeLessThan(room.x + room.width);
      }
    }
    expect(complaints).toEqual([]);
    expect(requests).toHaveLength(1);
  });
});

function unescapeXml(text: string): string {
  return text
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replace(/&#x([\da-f]+);/gi, (_, code) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
