/** Nothing of a report is out of reach: not in dark mode, not in a narrow window, not below a hundred equal failures. */
import { describe, expect, it } from 'vitest';
import { failureKinds } from '../../src/model/failure-kinds.ts';
import { type Problem, problem, toldProblem } from '../../src/model/problem.ts';
import { CHROMIUM, openReport } from '../support/browser.ts';
import { type Experiment, experiment } from '../support/experiment.ts';
import { describeWith } from '../support/programs.ts';

const SPEC = `params: {site: ["01022500", "01031500", "01047000"], seed: {from: 1, to: 8}}
rules:
  prep: {output: "d/{site}", run: "echo > {output}", resources: {time: 10m, mem: 1G}}
  fit:
    input: "d/{site}"
    output: "m/{site}/{seed}"
    run: |
      echo "loading {site} for seed {seed}"
      case {seed} in
      [1-4]) echo "ValueError: no data in m/{site}/{seed}"; exit 1 ;;
      5) echo "MemoryError"; exit 1 ;;
      6) exit 3 ;;
      esac
      cp {input} {output}
    resources: {cpus: 2, time: 1h, mem: 2G}
  score: {input: "m/{site}/{seed}", output: "s/{site}/{seed}", run: "cp {input} {output}"}
`;

async function reported(spec = SPEC): Promise<Experiment> {
  const e = experiment(spec);
  await e.run('-k');
  expect((await e.wfc('report')).status).toBe(0);
  return e;
}

describe('failures of one kind', () => {
  const failure = (task: number, what: Problem, logEnd: readonly string[] | null) => ({
    ...toldProblem(what),
    task,
    attempt: 1,
    logEnd,
  });
  const exit = (status: number) => problem('exit_status', status);

  it('are those of a rule with the same reason and the same last line, but for numbers', () => {
    const kinds = failureKinds(
      [
        failure(1, exit(1), ['epoch 3', 'KeyError: 17', '']),
        failure(2, exit(1), ['epoch 9', 'KeyError: 4']),
        failure(3, exit(2), ['KeyError: 4']),
        failure(4, exit(1), ['KeyError: 4']),
        failure(5, exit(1), null),
        failure(6, problem('output_missing', 'a/6'), null),
        failure(7, problem('output_missing', 'a/7'), null),
        failure(8, exit(1), ['ValueError: 4']),
      ],
      ({ task }) => (task === 4 ? 'other' : 'fit'),
    );
    expect(kinds.map(({ failures }) => failures.map(({ task }) => task))).toEqual([[1, 2], [6, 7], [3], [4], [5], [8]]);
    expect(kinds[0]).toMatchObject({ rule: 'fit', reason: 'exit status 1', lastLine: 'KeyError: 17' });
    expect(kinds[1]).toMatchObject({ reason: 'it succeeded, but its output is missing', lastLine: null });
  });

  it('whose log is not in the report are one kind, apart from those whose log is', () => {
    const kinds = failureKinds([failure(1, exit(1), ['x']), failure(2, exit(1), null)], () => 'fit');
    expect(kinds).toHaveLength(2);
  });
});

describeWith(CHROMIUM, 'a report in Chromium', () => {
  it('tells equal failures once, with their number, their tasks and one log', async () => {
    const e = await reported();
    const { page, complaints } = await openReport(e.path('report.html'));
    expect(await page.locator('#failures summary.kind').allInnerTexts()).toEqual([
      'fit exit status 1 · ValueError: no data in m/01022500/1 · 12 tasks',
      'fit exit status 1 · MemoryError · 3 tasks',
      'fit exit status 3 · loading 01022500 for seed 6 · 3 tasks',
    ]);
    const first = page.locator('#failures .failure').first();
    expect(await first.locator('pre').count()).toBe(1);
    expect(await first.innerText()).toContain('Blocks 12 tasks: 12 of score.');
    const names = await first.locator('button').allTextContents();
    expect(names).toHaveLength(12);
    expect(new Set(names).size).toBe(12);
    expect(names).toContain('fit site=01047000 seed=4');
    await first.getByRole('button', { name: 'fit site=01031500 seed=2' }).click();
    expect(await page.locator('.details').innerText()).toContain('no data in m/01031500/2');
    await page.getByLabel('Filter tasks').fill('blocked site=01031500 seed=2');
    await page.locator('.tasks tbody tr').click();
    expect(await page.locator('.details').innerText()).toMatch(/^score site=01031500 seed=2\n/);
    await page.locator('.details').getByRole('button', { name: 'fit site=01031500 seed=2' }).click();
    expect(await page.locator('.details h3').innerText()).toBe('fit site=01031500 seed=2');
    expect(complaints).toEqual([]);
  });

  it.each(['light', 'dark'] as const)(
    'calls nothing by a colour in %s, and shows the line that it speaks of',
    async (colours) => {
      const { page } = await openReport((await reported()).path('report.html'), { colours });
      const words = await page.locator('#resources > p').innerText();
      expect(words).not.toMatch(/dark|light|black|white|grey|gray|red|green|blue/i);
      expect(words).toContain('what tasks asked for');
      expect(await page.locator('#resources > p svg .asked').count()).toBe(1);
    },
  );

  it.each([1400, 800, 480])(
    'at %i px no column is left out, and what goes past the edge can be scrolled to',
    async (width) => {
      const { page } = await openReport((await reported()).path('report.html'), { width });
      expect(await page.evaluate(`document.documentElement.scrollWidth - document.documentElement.clientWidth`)).toBe(
        0,
      );
      const gone = `[...document.querySelectorAll('th, td')].filter((c) => getComputedStyle(c).display === 'none').length`;
      expect(await page.evaluate(gone)).toBe(0);
      const stuck = `[...document.querySelectorAll('table')].filter((table) => {
      const box = table.closest('.scroller, .scroll') ?? document.documentElement;
      box.scrollLeft = 1e6;
      const ends = [...table.querySelectorAll('tr > :last-child')].map((c) => c.getBoundingClientRect().right);
      const isOut = Math.max(...ends) > box.getBoundingClientRect().right + 1;
      box.scrollLeft = 0;
      return isOut;
    }).map((table) => table.className)`;
      expect(await page.evaluate(stuck)).toEqual([]);
    },
  );

  it('fits its table of tasks into 800 px, and where it does not fit says that there is more', async () => {
    const narrow = await openReport((await reported()).path('report.html'), { width: 800 });
    const hint = 'scroll sideways';
    const overflow = `document.querySelector('.scroller').scrollWidth - document.querySelector('.scroller').clientWidth`;
    expect(await narrow.page.evaluate(overflow)).toBe(0);
    expect(await narrow.page.locator('#tasks').innerText()).not.toContain(hint);
    const long = SPEC.replaceAll('site', 'a_param_with_quite_a_long_name').replaceAll(
      'seed',
      'another_with_a_long_name',
    );
    const { page } = await openReport((await reported(long)).path('report.html'), { width: 600 });
    expect(await page.evaluate(overflow)).toBeGreaterThan(0);
    expect(await page.locator('#tasks').innerText()).toContain(hint);
    await page.locator('.scroller').focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => page.evaluate(`document.querySelector('.scroller').scrollLeft`)).toBeGreaterThan(0);
  });
});
