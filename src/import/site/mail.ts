import type { Yaml } from '../yaml.ts';

/** The `mail` of a profile by --mail-user and --mail-type of sbatch; {} where nobody is written to. */
export function mailOf(flag: (name: string) => unknown): { readonly [key: string]: Yaml } {
  const to = flag('mail-user');
  const types = String(flag('mail-type') ?? '')
    .toUpperCase()
    .split(',')
    .map((type) => type.trim());
  if (typeof to !== 'string' || to === '' || /[{}\s]/.test(to)) return {};
  const all = types.includes('ALL');
  const on = [...(all || types.includes('END') ? ['end'] : []), ...(all || types.includes('FAIL') ? ['fail'] : [])];
  return on.length === 0 ? {} : { mail: { to, on } };
}
