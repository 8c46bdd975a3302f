// The topic exit-codes: what each exit code says, and the error codes that come with it.
import { type ErrorCode, errorCodes, exitCodes } from '../../errors.ts';
import { errorMeanings } from './error-meanings.ts';
import { broken, paragraph, terms } from './layout.ts';

/** What each exit code says. */
export const exitMeanings: Record<keyof typeof exitCodes, string> = {
  done: 'done',
  failure: 'an unexpected failure; --debug shows where',
  usage: 'usage or invalid input; of an import, that rows were rejected',
  changesPending: 'changes are pending: plan --detailed-exitcode',
  notPermitted: 'not signed in, or not permitted',
  notFound: 'not found, or not to be seen by you',
  refused:
    'refused by a rule or by the present state; checklist: not ready, audit verify: broken, doctor: something is not well',
  secondFactorRequired: 'login: a code is needed',
  codeRejected:
    'code verify, auth verify: the code is rejected; reactivate: the recovery code is; rollcall confirm: the check words are',
  userBarred: 'the user is locked or inactive',
  deliveryFailed: 'the code could not be delivered',
  storeUnavailable: 'the store or its key is unavailable',
  interrupted: 'interrupted',
};

/** The error codes that carry an exit code, in the order in which they are published. */
export function errorCodesOf(exit: number): ErrorCode[] {
  const codes = Object.keys(errorCodes) as ErrorCode[];
  return codes.filter((code) => errorCodes[code] === exit);
}

/** The exit codes with their meanings, in order. */
export function exitTable(): { exit: number; meaning: string; codes: ErrorCode[] }[] {
  return Object.entries(exitCodes).map(([name, exit]) => ({
    exit,
    meaning: exitMeanings[name as keyof typeof exitCodes],
    codes: errorCodesOf(exit),
  }));
}

export function exitCodesTopic(): string {
  const indent = ' '.repeat(6);
  const entries = exitTable().map(({ exit, meaning, codes }) => {
    const [first, ...more] = broken(meaning, 74);
    const rest = more.map((line) => `${indent}${line}\n`).join('');
    const listed =
      codes.length === 0
        ? ''
        : terms(
            codes.map((code) => [code, errorMeanings[code]]),
            8,
          );
    return `${String(exit).padStart(4)}  ${first}\n${rest}${listed}`;
  });
  return [
    'EXIT CODES, and the error codes that come with each, and when\n\n',
    ...entries,
    '\n',
    paragraph(
      'A program looks at the exit code first, then, where there is an error, at error.code on stderr (with --json). Both are stable; messages and hints are for people and may change.',
    ),
  ].join('');
}
