import type { ResultFiles } from '../../target/report/results.ts';
import { look, type Session } from '../session.ts';
import { type ResultValues, readResultValues, resultsHere } from './read-results.ts';
import { settingsOf, withDetermined } from './settings.ts';

/** What a report shows of the spec's results. Only where it names some are outputs looked at. */
export async function resultFiles(session: Session): Promise<ResultFiles[]> {
  const { results, workflow } = session.plan;
  if (results.length === 0) return [];
  const { decisions } = await look(session);
  return results.map((planned) => ({
    planned,
    values: withDiverged(readResultValues(planned, resultsHere(session, decisions))),
    ofPath: settingsOf(workflow.relation, { planned }).ofPath,
    columns: withDetermined(workflow.relation, planned.result.pattern.columns),
  }));
}

/** Infinity for what is there and no finite number, so that NaN means what is not in yet. */
function withDiverged({ values, isRead }: ResultValues): Float64Array {
  return values.map((value, path) => (isRead[path] === 1 && Number.isNaN(value) ? Number.POSITIVE_INFINITY : value));
}
