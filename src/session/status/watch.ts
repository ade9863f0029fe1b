import { wordFromHere } from '../../io/files/spec-file.ts';
import { Interruption } from '../../io/programs/interruption.ts';
import { journalSignature, readJournals } from '../../io/state/journal.ts';
import { leftCount } from '../../model/counts.ts';
import type { Column } from '../../model/workflow.ts';
import type { History } from '../../resume/history.ts';
import { TASK_STATES } from '../../resume/status.ts';
import { DrawnLines } from '../../terminal/drawn-lines.ts';
import { Pace } from '../../terminal/pace.ts';
import { paceWords } from '../../terminal/progress-lines.ts';
import { writeError, writeOut } from '../../terminal/streams.ts';
import { cut, formatCount, jsonText, printable } from '../../terminal/terminal.ts';
import { isAnythingAlive, type Liveness, lookAtQueue, mayBeQueued, type Queue } from '../liveness.ts';
import { type CommonOptions, EXIT, type ExitStatus, type Session } from '../session.ts';
import { forgetUntold, newCache, type StandingCache, standingOf } from '../standing.ts';
import { describeStatus, type Status, statusJson } from './facts.ts';
import { statusLines } from './lines.ts';

export interface WatchOptions extends CommonOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Standard output is a terminal that can be drawn on again. */
  readonly isScreen: boolean;
  /** Params by whose values tasks are counted, too. */
  readonly by?: readonly Column[] | undefined;
}

/** Where everything stands, told in `look`. */
export async function statusOf(
  session: Session,
  look: {
    readonly history: History | null;
    readonly queue: Queue;
    readonly env: NodeJS.ProcessEnv;
    /** Params by whose values tasks are counted, too. */
    readonly by?: readonly Column[] | undefined;
  },
  cache?: StandingCache,
): Promise<Status> {
  return describeStatus(session, look.history, await standingOf(session, look, cache), look.by);
}

const LOOK_SECONDS = 2;
/** The controller serves the whole site: it is asked no more often than this. */
const ASK_SECONDS = 30;
/** Elements end in bursts: the rate is that of some minutes. */
const PACE_SECONDS = 300;

/**
 * Look again and again until nothing runs or waits; what runs does not need us, and goes on after Ctrl-C. Journals are
 * read anew only when they grew. Returns whether all is done.
 */
export async function watchStatus(session: Session, options: WatchOptions): Promise<ExitStatus> {
  const interruption = new Interruption();
  try {
    return await watchUntil(session, options, interruption);
  } finally {
    interruption.end();
  }
}

async function watchUntil(session: Session, options: WatchOptions, interruption: Interruption): Promise<ExitStatus> {
  let history: History | null = null;
  let signature: string | null = null;
  let queue: Queue = { kind: 'not asked' };
  let askedAt = Number.NEGATIVE_INFINITY;
  const screen = new Screen(options.isScreen && !options.json);
  let pace: Pace | null = null;
  const cache = newCache();
  for (;;) {
    const began = performance.now();
    const isDue = began - askedAt >= ASK_SECONDS * 1000;
    if (signature === null) history = readJournals(session.state.journals);
    // Before the journals: what ended between the two has its end in them. Where the records tell that all submissions are
    // over, nobody is asked.
    if (isDue || !mayBeQueued(session, history)) queue = await lookAtQueue(session, history, options.env);
    if (isDue) {
      askedAt = began;
      forgetUntold(cache);
    }
    const now = journalSignature(session.state.journals);
    if (now !== signature) history = readJournals(session.state.journals);
    signature = now;
    const status = await statusOf(session, { history, queue, env: options.env, by: options.by }, cache);
    // Before it is shown: Ctrl-C ends squeue, too, and what that did not answer is not worth telling.
    if (await interruption.came()) {
      writeError(`${goesOnWords(status.liveness, options)}\n`);
      return EXIT.interrupted;
    }
    const { total } = status;
    const ran = total.done + total.failed;
    pace ??= new Pace(PACE_SECONDS, began, ran);
    const words = paceWords(leftCount(total), pace.rate(ran, began));
    screen.show(shownOf(status, session, options), words);
    // What began after the queue was asked runs, too.
    if (!isAnythingAlive(status.liveness) && total.running === 0) {
      if (!options.isScreen && !options.json) writeOut(`${statusLines(status, session, options).join('\n')}\n`);
      return total.done === total.total ? EXIT.done : EXIT.taskFailed;
    }
    // A large experiment takes longer to look at: at most a tenth of the time goes into looking.
    await interruption.pause(Math.max(LOOK_SECONDS * 1000, (performance.now() - began) * 9));
  }
}

/** To who stops watching: that is all that has stopped. */
function goesOnWords({ queue, holder }: Liveness, { spec }: WatchOptions): string {
  const named = spec === undefined ? '' : ` ${wordFromHere(spec)}`;
  const isRun = queue.kind === 'not asked' && holder !== null;
  const [what, them] = isRun ? ['the run goes on', 'it'] : ['the jobs go on', 'them'];
  const again = `To look again: wfc status --watch${named}; to end ${them}: wfc cancel${named}`;
  return printable(`no longer watching; ${what}. ${again}`);
}

/** What is shown; `pace` alone changes with each look. `rows`: of the screen, where there is one. */
type Shown = (pace: readonly string[], rows: number) => readonly string[];

function shownOf(status: Status, session: Session, options: WatchOptions): Shown {
  if (options.json) return () => [jsonText(statusJson(status), 'one line')];
  if (options.isScreen) {
    return (pace, rows) => {
      const lines = statusLines(status, session, options, { pace });
      if (lines.length < rows) return lines;
      return statusLines(status, session, options, { pace, room: Math.max(3, rows - BELOW_RULES) });
    };
  }
  const { total } = status;
  return (pace) => [[...TASK_STATES.map((state) => `${formatCount(total[state])} ${state}`), ...pace].join(', ')];
}

/** Lines of a screen that are kept for all but the rules: head, totals, the queue, what runs, stopped and failed. */
const BELOW_RULES = 16;

/** On a terminal the lines are drawn over the last ones; elsewhere they are written when more than the pace differs. */
class Screen {
  /** null where no terminal reads. */
  private readonly drawn: DrawnLines | null;
  private last = '';

  constructor(isTerminal: boolean) {
    this.drawn = isTerminal ? new DrawnLines(process.stdout) : null;
  }

  show(shown: Shown, pace: readonly string[]): void {
    if (this.drawn !== null) {
      const { columns, rows } = this.drawn.room;
      const lines = shown(pace, rows).slice(0, rows - 1);
      this.drawn.draw(lines.map((line) => cut(line, columns - 1)));
      return;
    }
    const text = shown([], 0).join('\n');
    if (text !== this.last) writeOut(`${shown(pace, 0).join('\n')}\n`);
    this.last = text;
  }
}
