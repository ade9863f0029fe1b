/** `0-100`, `2,3,7-9`: array indices as sbatch takes them. */
export function indexRanges(indices: ArrayLike<number>): string {
  const ranges: string[] = [];
  for (let i = 0; i < indices.length; ) {
    let j = i;
    while (j + 1 < indices.length && indices[j + 1] === indices[j]! + 1) j++;
    ranges.push(i === j ? `${indices[i]}` : `${indices[i]}-${indices[j]}`);
    i = j + 1;
  }
  return ranges.join(',');
}
