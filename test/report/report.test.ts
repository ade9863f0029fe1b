import { statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CHROMIUM, openReport } from '../support/browser.ts';
import { experiment } from '../support/experiment.ts';
import { HOG } from '../support/memory.ts';
import { describeWith } from '../support/programs.ts';
import { FULL_STUDY, writeStudy } from './study.ts';

/** What a careless page would run or show as markup. */
const HOSTILE = ['<script>hacked=1</script>', '</script><b>x', `"'&amp;{{x}}`, '<!--', ']]>'];
const HOSTILE_SPEC = `name: '</title><script>hacked=1</script>'
params: {value: ${JSON.stringify(HOSTILE.map((value) => value.replaceAll('/', '\u2215')))}}
rules:
  fine: {output: "a/{value}", run: "echo > {output}"}
  fails:
    input: "a/{value}"
    output: "b/{value}"
    run: |
      echo '</pre></script><script>hacked=1</script>'; exit 3
`;

const SMALL = `params: {site: [a, b, c], seed: {from: 8, to: 11}}
rules:
  prep: {output: "d/{site}", run: "printf 'x\\\\n3\\\\n' > {output}", resources: {time: 10m, mem: 1G}}
  fit:
    input: "d/{site}"
    output: "m/{site}/{seed}"
    run: |
      if [ {site}{seed} = b9 ]; then printf 'no \\033[31mluck\\033[0m here\\n'; exit 1; fi
      sleep 0.0{seed}; cp {input} {output}
    resources: {cpus: 2, time: 1h}
  best: {gather: [site, seed], input: "m/{site}/{seed}", output: best, run: "cat {input} > {output}"}
results: {x: {path: "m/{site}/{seed}", goal: min, over: seed}}
`;

describeWith(CHROMIUM, 'a report in Chromium', () => {
  it('shows the states, the tasks and the end of the log of a failure, and asks for nothing but itself', async () => {
    const study = experiment(SMALL);
    expect((await study.run('-j 2 -k')).status).toBe(1);
    expect(await study.wfc('report --json')).toMatchObject({ status: 0 });
    const { page, complaints, requests } = await openReport(study.path('report.html'));
    expect(await page.locator('#overview .legend button').allInnerTexts()).toEqual([
      '14 done 88 %',
      '1 failed 6 %',
      '1 blocked 6 %',
    ]);
    expect(await page.locator('#rules tbody th').allInnerTexts()).toEqual(['prep', 'fit', 'best']);
    expect(await page.locator('#failures').innerText()).toContain(
      'fit exit status 1 · no luck here · 1 task\n\nfit site=b seed=9\n\nBlocks 1 task: 1 of best.\n\nno luck here',
    );
    expect(await page.locator('.tasks tbody tr').count()).toBe(16);
    // What never ran was on no host.
    expect(await page.locator('.tasks tbody tr', { hasText: 'blocked' }).innerText()).toMatch(/best\s+–\s.*–$/);
    // Ten minutes were asked for; a minute is the least that is ever proposed.
    expect(await page.locator('#resources tr', { hasText: 'prep' }).first().innerText()).toMatch(/10m\s+time: 1m$/);
    expect(await page.locator('#resources').innerText()).toContain('hold no peak of memory');
    expect(await page.locator('#graph svg text').allTextContents()).toContain('block by site');
    expect((await page.locator('#spec pre').innerText()).trimEnd()).toBe(study.read('wfc.yml').trimEnd());
    // The rule that failed, by the values of each param, and two of them beside each other.
    expect(await page.locator('#params select').first().inputValue()).toBe('1');
    expect(await page.locator('#params tbody tr').allInnerTexts()).toContainEqual(
      expect.stringMatching(/^b\s+3\s+1\s/),
    );
    expect(await page.locator('#params canvas').getAttribute('aria-label')).toBe('failed by site and seed');
    await page.getByLabel('Rows').selectOption('seed');
    await page.locator('#params canvas').hover({ position: { x: 30, y: 60 } });
    await page.getByLabel('Colour').selectOption('x, median');
    expect(await page.locator('#params canvas').getAttribute('aria-label')).toBe('x, median by seed and seed');
    // One of site b failed: its mean is of three, as "wfc best" has it.
    expect(await page.locator('#results p').allInnerTexts()).toEqual([
      '3 best of 3 settings, the mean over seed: site=a',
      'Not in yet: 1 of 12 files: 1 failed.',
    ]);
    expect(await page.locator('#results figcaption').allInnerTexts()).toEqual([
      'the best so far',
      'by site',
      'by seed, a repeat',
    ]);
    await page
      .locator('#results canvas')
      .nth(1)
      .click({ position: { x: 52, y: 30 } });
    expect(complaints).toEqual([]);
    expect(requests).toEqual([`file://${study.path('report.html')}`]);
  });

  it('shows the memory that a task took beside what it asked for', async () => {
    const run = `'${process.execPath}' hog.cjs 200; touch {output}`;
    const spec = `rules:\n  large: {output: a, run: "${run}", resources: {mem: 4G}}\n`;
    const study = experiment(spec, { 'hog.cjs': HOG });
    expect((await study.run()).status).toBe(0);
    await study.wfc('report');
    const { page, complaints } = await openReport(study.path('report.html'));
    const memory = page.locator('#resources tr', { hasText: 'large' }).last();
    expect(await memory.innerText()).toMatch(/\b(2\d\d|3\d\d) MiB\s+4G\s+mem: \d+M$/);
    expect(complaints).toEqual([]);
  });

  it('narrows and sorts its table', async () => {
    const study = experiment(SMALL);
    await study.run('-k');
    await study.wfc('report');
    const { page, complaints } = await openReport(study.path('report.html'));
    const params = (): Promise<string[]> => page.locator('td.params').allInnerTexts();
    const search = page.getByRole('searchbox');
    await search.fill('fit seed=1');
    expect(await params()).toEqual([]);
    await search.fill('fit seed=10 -site=c');
    expect(await params()).toEqual(['site=a seed=10', 'site=b seed=10']);
    expect(await page.locator('#tasks [aria-live]').first().innerText()).toBe('2 of 16 tasks');
    await search.fill('"exit status"');
    expect(await params()).toEqual(['site=b seed=9']);
    await search.fill('');
    await page.getByLabel('Rule', { exact: true }).selectOption('fit');
    await page.getByLabel('State', { exact: true }).selectOption('done');
    expect(await params()).toHaveLength(11);
    await page.getByRole('button', { name: 'took' }).click();
    const took = (): Promise<string[]> => page.locator('td.duration').allInnerTexts();
    const descending = await took();
    await page.getByRole('button', { name: 'took' }).click();
    // Tasks that took equally long keep their order among themselves: their times tell, not their names.
    expect(await took()).toEqual(descending.toReversed());
    expect(descending).toHaveLength(11);
    await page.locator('.legend button', { hasText: 'blocked' }).click();
    expect(await page.locator('td.rule').allInnerTexts()).toEqual(['best']);
    expect(complaints).toEqual([]);
  });

  it('shows all of a task that is chosen in the table, by mouse or by key, or in the timeline', async () => {
    const study = experiment(SMALL);
    await study.run('-k -j 1');
    await study.wfc('report');
    const { page, complaints } = await openReport(study.path('report.html'));
    const title = page.locator('.details h3');
    await page.getByRole('searchbox').fill('fit site=c');
    await page.locator('tbody tr[data-task]').first().click();
    expect(await title.innerText()).toBe('fit site=c seed=8');
    expect(await page.locator('.details').innerText()).toMatch(/2 CPUs, time 1h[\s\S]*m\/c\/8[\s\S]*wfc why m\/c\/8/);
    await page.locator('.scroller').press('ArrowDown');
    expect(await title.innerText()).toBe('fit site=c seed=9');

    // Rows of the timeline are 54 pixels high; the second one is that of `fit`, whose last task ended last.
    const canvas = page.locator('#timeline canvas');
    const { width } = (await canvas.boundingBox())!;
    await canvas.hover({ position: { x: width - 1, y: 24 + 54 + 27 } });
    expect(await page.locator('#timeline .pointed').innerText()).toMatch(/^fit site=c seed=11\ntook 0\.\d+ s on /);
    await canvas.click({ position: { x: width - 1, y: 24 + 54 + 27 } });
    expect(await title.innerText()).toBe('fit site=c seed=11');
    expect(complaints).toEqual([]);
  });

  it('shows a part of the timeline that was dragged over, and the whole again', async () => {
    const study = experiment(SMALL);
    await study.run('-k -j 1');
    await study.wfc('report');
    const { page, complaints } = await openReport(study.path('report.html'), { width: 800, colours: 'dark' });
    await page.getByRole('button', { name: 'by host' }).click();
    const canvas = page.locator('#timeline canvas');
    await canvas.scrollIntoViewIfNeeded();
    const { x, y, width } = (await canvas.boundingBox())!;
    const picture = (): Promise<string> =>
      canvas.evaluate((c) => (c as { toDataURL(): string } & typeof c).toDataURL());
    const whole = await picture();
    await page.mouse.move(x + width * 0.5, y + 40);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.7, y + 40, { steps: 2 });
    await page.mouse.up();
    expect(await picture()).not.toBe(whole);
    await page.getByRole('button', { name: 'whole time' }).click();
    await page.mouse.move(0, 0);
    expect(await picture()).toBe(whole);
    expect(complaints).toEqual([]);
  });

  it('shows names, params and logs as text, whatever stands in them', async () => {
    const study = experiment(HOSTILE_SPEC);
    expect((await study.run('-k')).status).toBe(1);
    expect((await study.wfc('report')).status).toBe(0);
    const { page, complaints } = await openReport(study.path('report.html'));
    expect(await page.evaluate('typeof hacked')).toBe('undefined');
    expect(await page.locator('script').count()).toBe(2);
    expect(await page.locator('#tasks b, #failures script').count()).toBe(0);
    expect(await page.locator('h1').innerText()).toBe('</title><script>hacked=1</script>');
    expect(await page.title()).toBe('</title><script>hacked=1</script>: report');
    expect(await page.locator('#failures pre').first().innerText()).toBe('</pre></script><script>hacked=1</script>');
    const params = await page.locator('td.params').allInnerTexts();
    for (const value of HOSTILE) expect(params).toContain(`value=${value.replaceAll('/', '\u2215')}`);
    await page.getByRole('searchbox').fill('fails "</b"');
    expect(await page.locator('td.params').count()).toBe(0);
    await page.getByRole('searchbox').fill(`fails "<!--`);
    expect(await page.locator('td.params').allInnerTexts()).toEqual(['value=<!--']);
    expect(complaints).toEqual([]);
  });

  it('a script that got into the page would not run', async () => {
    const study = experiment(SMALL);
    await study.wfc('report');
    study.write('report.html', study.read('report.html').replace('<main>', '<main><script>hacked=1</script>'));
    const { page, complaints } = await openReport(study.path('report.html'));
    expect(await page.evaluate('typeof hacked')).toBe('undefined');
    expect(complaints.join()).toContain('Content Security Policy');
  });

  it('of an experiment that never ran says so', async () => {
    const study = experiment(SMALL);
    expect((await study.wfc('report --out deep/fresh.html')).status).toBe(0);
    const { page, complaints } = await openReport(study.path('deep/fresh.html'));
    expect(await page.locator('#timeline').innerText()).toBe('Nothing has run yet.');
    expect(await page.locator('#overview .legend').innerText()).toBe('16 pending 100 %');
    expect(await page.locator('#results').innerText()).toContain('Not in yet: 12 of 12 files: 12 pending.');
    expect(complaints).toEqual([]);
  });

  it('of 81,912 tasks is one small file, and makes only the rows that show', async () => {
    const study = experiment('');
    writeStudy(study.folder, FULL_STUDY);
    expect((await study.wfc('report')).status).toBe(0);
    expect(statSync(study.path('report.html')).size).toBeLessThan(3_000_000);
    const { page, complaints } = await openReport(study.path('report.html'));
    expect(await page.locator('#overview .legend').innerText()).toMatch(
      /^81,812 done[\s\S]*33 failed[\s\S]*67 blocked/,
    );
    expect(await page.locator('.tile', { hasText: 'At a time' }).innerText()).toMatch(
      /400\ntasks at most, on 25 hosts/,
    );
    expect(await page.locator('tr[data-task]').count()).toBeLessThan(40);
    await page.locator('.scroller').evaluate((scroller) => scroller.scrollTo(0, scroller.scrollHeight));
    await page.locator('td.params', { hasText: 'site=01814400 factor=320 seed=29' }).first().waitFor();
    expect(await page.locator('tr[data-task]').last().innerText()).toContain('evaluate_predictions');
    await page.getByRole('searchbox').fill('site=01814400 factor=320');
    expect(await page.locator('#tasks [aria-live]').first().innerText()).toBe('90 of 81,912 tasks');
    await page.setViewportSize({ width: 800, height: 900 });
    await page.locator('#resources svg[width="150"]').first().waitFor();
    for (const box of [page.locator('html'), ...(await page.locator('#resources .scroll').all())])
      expect(await box.evaluate((e) => e.scrollWidth - e.clientWidth)).toBe(0);
    expect(complaints).toEqual([]);
  });
});

describe('wfc report', () => {
  it('never replaces a file of the experiment', async () => {
    const study = experiment(SMALL);
    const { status, stderr } = await study.wfc('report --out wfc.yml');
    expect(status).toBe(2);
    expect(stderr).toContain('wfc.yml is the spec');
    expect(study.read('wfc.yml')).toContain('rules:');
  });
});
