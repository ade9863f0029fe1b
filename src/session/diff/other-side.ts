import { basename, join } from 'node:path';
import { isThere, namesIfAny } from '../../io/files/files.ts';
import { readUtf8, SPEC_NAMES } from '../../io/files/spec-file.ts';
import { GitFolder } from '../../io/programs/git.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { type Data, unpack } from '../../page/data.ts';
import { AS_THEY_ARE, type CommonOptions, openSession, type Session } from '../session.ts';
import { findRun, namesRun, openRun, type RunSide, runWords } from './runs.ts';

/** What a spec is compared with. */
export interface OtherSide {
  readonly session: Session;
  /** Where its results stand: beside its spec, there as a run left them, in a repository, or in the report. */
  readonly from:
    | { readonly kind: 'folder' }
    | { readonly kind: 'run'; readonly run: RunSide }
    | { readonly kind: 'git'; readonly git: GitFolder }
    | { readonly kind: 'report'; readonly data: Data };
}

/** A report, a spec or its folder, a run, or else a revision of git. */
export async function openOther(
  named: string,
  here: Session,
  options: CommonOptions,
): Promise<OtherSide | { diagnostics: readonly Diagnostic[] }> {
  if (named.endsWith('.html') && isThere(named)) return openReport(named, here, options);
  if (isThere(named)) {
    const inside = SPEC_NAMES.find((name) => namesIfAny(named).includes(name));
    const session = openSession({ ...options, spec: inside === undefined ? named : join(named, inside) });
    return 'diagnostics' in session ? session : { session, from: { kind: 'folder' } };
  }
  const run = namesRun(named) ? findRun(named, here) : null;
  if (run && 'run' in run) {
    const session = openRun(run, here, options);
    return 'diagnostics' in session ? session : { session, from: { kind: 'run', run } };
  }
  const git = GitFolder.open(here.spec.folder, named);
  if ('problem' in git) {
    if (run) {
      const kept = run.kept.slice(-5).map(runWords);
      const message = `"${named}" is no file or folder here, and no run that is kept`;
      return mistake(
        message,
        kept.length === 0 ? 'runs are kept from the next one on' : `the last ones are ${kept.join(', ')}`,
      );
    }
    const message = `"${named}" is no file or folder here, and no revision of git${/single revision/.test(git.problem) ? '' : `: ${git.problem}`}`;
    return mistake(
      message,
      'name a run (last, last~1, or its number), a revision such as HEAD~1, another spec or its folder, or the file of an earlier "wfc report"',
    );
  }
  const { file } = here.spec.source;
  const text = git.read(basename(file));
  if (text === null) return mistake(`git has no ${basename(file)} of "${named}"`, 'name a revision that has it');
  const session = openAs(text, `${named}:${file}`, here, options, git);
  return 'diagnostics' in session ? session : { session, from: { kind: 'git', git } };
}

function mistake(message: string, hint: string): { diagnostics: readonly Diagnostic[] } {
  return { diagnostics: [{ severity: 'error', message, location: null, hint }] };
}

/** A text in the place of the spec. */
function openAs(text: string, file: string, here: Session, options: CommonOptions, git: GitFolder | null) {
  return openSession({
    ...options,
    reading: {
      ...AS_THEY_ARE,
      spec: { source: { file, text }, folder: here.spec.folder },
      ...(git === null ? {} : { specFiles: (folder: string) => git.specFiles(AS_THEY_ARE.specFiles(folder)) }),
    },
  });
}

/** The block of data in a page that `wfc report` wrote. */
const DATA = /<script type="text\/plain" id="data">([^<]*)<\/script>/;

async function openReport(
  named: string,
  here: Session,
  options: CommonOptions,
): Promise<OtherSide | { diagnostics: readonly Diagnostic[] }> {
  const read = readUtf8(named);
  if ('diagnostic' in read) return { diagnostics: [read.diagnostic] };
  const block = DATA.exec(read.text)?.[1];
  if (block === undefined) return mistake(`${named} is no report of wfc`, 'name a file that "wfc report" wrote');
  const data = await unpack(block);
  const session = openAs(data.header.specText, `${named}:${data.header.specFile}`, here, options, null);
  return 'diagnostics' in session ? session : { session, from: { kind: 'report', data } };
}
