import { expect, it } from 'vitest';
import { experiment } from '../support/experiment.ts';
import { filesOf, runBy, type Way } from './executors.ts';
import { SlurmStandIn } from './stand-in.ts';

const SPEC = `tables: {t: {csv: t.csv}}
rules:
  bash:
    output: bash/{id}
    env: {TAG: "{tag}"}
    run: |
      printf '%s|' "$#" {tag} "{tag}" '{tag}' "$TAG" {seed:02} {more} > {output}
      [[ {tag} == "$TAG" ]]
  python:
    shell: python3
    output: python/{id}
    run: |
      print({tag} + '|' + {more}, end='|', file=open({output}, 'w'))
`;
/** The last column belongs to nobody, the first row holds a text in each other, the others none. */
const TABLE = 'id,tag,seed,more,notes\na,x y,1,m,\nb,"",2,"",\nc,"",3,n,see there\n';

it.each<Way>(['local', 'make', 'submit.sh'])('an empty text is a value like any other: %s', async (way) => {
  const made = experiment(SPEC, { 't.csv': TABLE });
  const choice = { packing: { tasksPerElement: 3, fuse: 'auto', lanes: 1 }, slots: 1, seed: 1 } as const;
  const { status, stderr } = await runBy(way, made, new SlurmStandIn(), choice);
  expect([status, stderr]).toEqual([0, expect.anything()]);
  expect(filesOf(made)).toEqual({
    't.csv': TABLE,
    'bash/a': '0|x y|x y|x y|x y|01|m|',
    'bash/b': '0|||||02||',
    'bash/c': '0|||||03|n|',
    'python/a': 'x y|m|',
    'python/b': '||',
    'python/c': '|n|',
  });
});
