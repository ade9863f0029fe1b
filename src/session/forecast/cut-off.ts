export interface Above {
  readonly mean: number;
  /** Standard deviation. */
  readonly spread: number;
}

/**
 * What a value of a normal distribution is likely to be of which is known that it is at least `least`. Tasks that were
 * stopped would have taken longer than they had; without them, only those count that were quick enough to end.
 */
export function above(least: number, mean: number, deviation: number): Above {
  const z = (least - mean) / deviation;
  // So far out, the distribution falls off as an exponential one.
  if (z > 5) return { mean: least + deviation / z, spread: deviation / z };
  const hazard = Math.exp(-(z ** 2) / 2) / Math.sqrt(2 * Math.PI) / tail(z);
  return { mean: mean + deviation * hazard, spread: deviation * Math.sqrt(1 + z * hazard - hazard ** 2) };
}

/** The share of a standard normal distribution above z. Source: Abramowitz and Stegun, 26.2.17; off by 1e-7 at most. */
function tail(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const powers = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429];
  const sum = powers.reduceRight((rest, factor) => (rest + factor) * t, 0);
  const above = (Math.exp(-(z ** 2) / 2) / Math.sqrt(2 * Math.PI)) * sum;
  return z >= 0 ? above : 1 - above;
}
