/** The clock of this machine. */
export const systemClock = {
  now: (): number => performance.now(),
  date: (): Date => new Date(),
  every: (milliseconds: number, act: () => void): (() => void) => {
    const timer = setInterval(act, milliseconds);
    return () => clearInterval(timer);
  },
};
