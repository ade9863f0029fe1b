/** Errors of bash name the line of the spec: commands stand in a file of its name, each line where the spec has it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { specLines } from '../../src/target/spec-lines.ts';
import { planIn } from '../make/make.ts';
import { experiment } from '../support/experiment.ts';

/** What wfc.yml's line each error in the logs of a run names. */
async function named(spec: string): Promise<Record<string, string>> {
  const made = experiment(spec);
  await made.run('-k');
  const errors = made.files('.wfc/logs').map((file) => made.read(file));
  return Object.fromEntries(
    errors.map((text) => {
      const [, place, program] = /^(?:.*\/)?([\w.]+: line \d+): (\w+): command not found$/m.exec(text) ?? [];
      return [program, place];
    }),
  );
}

describe('an error of bash', () => {
  it('names the line of the spec, in blocks, on one line, in rules on neighbouring lines', async () => {
    expect(
      await named(`config: {greeting: hello}
rules:
  block:
    output: a
    env: {V: x}
    run: |
      true

      # {output} in a comment
      cat <<EOF
      a here-document of {config.greeting}
      EOF
      missing_in_block > {output}
  one: {output: b, run: "missing_in_one > {output}"}
  two: {output: c, run: "missing_in_two > {output}"}
  three: {output: d, run: "missing_in_three > {output}"} # the last
`),
    ).toEqual({
      missing_in_block: 'wfc.yml: line 14',
      missing_in_one: 'wfc.yml: line 15',
      missing_in_two: 'wfc.yml: line 16',
      missing_in_three: 'wfc.yml: line 17',
    });
  });

  it('names no line of the spec where its lines are others: better none than a wrong one', async () => {
    const found = await named(`rules:
  folded:
    output: a
    run: >
      true;
      missing_in_folded
  quoted: {output: b, run: "true\\ntrue\\nmissing_in_quoted"}
  same: {output: c, run: missing_in_same}
`);
    expect(Object.values(found).sort()).toEqual(['functions.sh: line 12', 'functions.sh: line 6', 'wfc.yml: line 9']);
  });
});

it('every line of every command that is held stands where the spec has it', () => {
  const line = fc.constantFrom('echo x > {output}', '# note', '', 'if true; then', 'true', "echo 'a", 'cat <<EOF', '}');
  const rule = fc.record({ lines: fc.array(line, { minLength: 1, maxLength: 5 }), flow: fc.boolean(), gap: fc.nat(2) });
  fc.assert(
    fc.property(fc.array(rule, { minLength: 1, maxLength: 6 }), (rules) => {
      let spec = 'rules:\n';
      rules.forEach(({ lines, flow, gap }, i) => {
        spec += '\n'.repeat(gap);
        if (flow) spec += `  r${i}: {output: o${i}, run: "true # r${i}"}\n`;
        else {
          spec += `  r${i}:\n    output: o${i}\n    run: |\n`;
          spec += [`true # r${i}`, ...lines, 'true'].map((text) => `      ${text}\n`).join('');
        }
      });
      let plan: ReturnType<typeof planIn>;
      try {
        plan = planIn(experiment(spec).folder);
      } catch {
        // What bash can't read is an error of the spec.
        return;
      }
      const { text, rules: held } = specLines(plan.workflow.rules);
      expect(held.size).toBe(plan.workflow.rules.length);
      const written = `wfc: 1\n${spec}`.split('\n');
      text.split('\n').forEach((own, l) => {
        const marked = /# (r\d+)$/.exec(own)?.[1];
        if (marked) expect(written[l]).toContain(`# ${marked}`);
      });
      expect(text.match(/# r\d+$/gm)).toHaveLength(rules.length);
    }),
    { numRuns: 60, seed: 3 },
  );
});
