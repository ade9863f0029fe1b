import type { ResultFiles } from '../../target/report/results.ts';
import { look, type Session } from '../session.ts';
import { readResultValues, resultsHere } from './read-results.ts';
import { settingsOf, withDetermined } from './settings.ts';

/** What a report shows of the spec's results. Only where it names some are outputs looked at. */
export async function resultFiles(session: Session): Promise<ResultFiles[]> {
  const { results, workflow } = session.plan;
  if (results.length === 0) return [];
  const { decisions } = await look(session);
  return results.map((planned) => ({
    planned,
    values: readResultValues(planned, resultsHere(session, decisions)).values,
    ofPath: settingsOf(workflow.relation, { planned }).ofPath,
    columns: withDetermined(workflow.relation, planned.result.pattern.columns),
  }));
}
