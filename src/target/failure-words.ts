import { detailCount, FAILURE_WORDS, type FailureCode } from '../model/problem.ts';

/** A bash function that tells the words of a failure as TypeScript does, for the scripts that tell of it while they run. */
export function failureWordsFunction(): string {
  const cases = (Object.keys(FAILURE_WORDS) as FailureCode[]).filter((code) => code !== 'other').map(caseOf);
  return `# What went wrong, in words, in _wfc_words; $1: its code and details as a journal has them. Words that a former wfc wrote in
# place of a code stay as they are.
_wfc_find_words() {
  local first=\${1#*:} second
  second=\${first#*:}
  case $1 in
${cases.join('\n')}
    *) _wfc_words=$1 ;;
  esac
}
`;
}

function caseOf(code: FailureCode): string {
  const count = detailCount(code);
  let next = 0;
  const words = FAILURE_WORDS[code].replace(/(\{\w+\})|["$`\\]/g, (found, braces) =>
    braces ? DETAILS[count]![next++]! : `\\${found}`,
  );
  return `    ${code}${':*'.repeat(count)}) _wfc_words="${words}" ;;`;
}

/** Of so many, each as bash takes it out of `CODE:DETAIL:…`; the last may hold colons. */
const DETAILS: readonly (readonly string[])[] = [
  [],
  ['$first'],
  ['${first%%:*}', '$second'],
  ['${first%%:*}', '${second%%:*}', '${second#*:}'],
];
