import { execa } from 'execa';
import { expect, it } from 'vitest';
import { folderOf, hasSnakemake } from './import.ts';

it.skipIf(!hasSnakemake)('a command keeps its lines, and means the same', async () => {
  const [ours, theirs] = [folderOf('kept'), folderOf('kept')];
  await execa('snakemake', ['--cores', '2', '-q'], { cwd: theirs.folder });
  expect((await ours.wfc('import snakefile Snakefile')).status).toBe(0);
  const spec = ours.read('wfc.yml');
  expect(spec).toContain('      echo {n} \\\n          --long-option y \\\n          --other "a   b" > {output}\n');
  expect(spec).toContain('      cat <<END >> {output}\n        text\n      END\n');
  expect(spec).toContain(
    "many pieces \\\n        --option-number-one {input[0]} \\\n        --option-number-two='it is long'",
  );
  expect(spec).toContain('    run: echo a b > {output}\n');
  expect(spec).toContain("      echo x \\\n        y |\n        sed 's/ \\\n      //' > {output}\n");
  expect(spec).toContain('      echo one > {output}\n      echo two \\\n        three >> {output}\n');
  expect((await ours.run('--local')).status).toBe(0);
  const made = theirs.files('o');
  expect(ours.files('o')).toEqual(made);
  for (const file of [...made, ...['t', 'u', 'v', 'w', 'x'].map((name) => `${name}.txt`)])
    expect([file, ours.read(file)]).toEqual([file, theirs.read(file)]);
});
