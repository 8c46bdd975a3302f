// The form of each field of a request: read and checked before anything else is looked at.
import * as v from 'valibot';
import { parseCheckWords } from '../rules/check-word.ts';
import { parseCode } from '../rules/code.ts';
import { languages } from '../rules/language.ts';
import { type Location, locationOf } from '../rules/location.ts';
import { isPlanShaped } from '../rules/plan.ts';
import { parseRecoveryCode } from '../rules/recovery-code.ts';
import {
  applicationProblem,
  kidProblem,
  nameProblem,
  type Problem,
  practiceNameProblem,
  reasonProblem,
  requestIdProblem,
  storableContactProblem,
  userIdShape,
  usernameProblem,
} from '../rules/text.ts';
import { isDay, parseDuration } from '../rules/time.ts';

function text(problem: (value: string) => Problem) {
  return v.pipe(
    v.string('must be text'),
    v.rawCheck(({ dataset, addIssue }) => {
      const found = dataset.typed ? problem(dataset.value) : null;
      if (found !== null) addIssue({ message: found });
    }),
  );
}

function parsed<T>(read: (value: string) => T | null, message: string) {
  return v.pipe(
    v.string('must be text'),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const value = read(dataset.value);
      if (value === null) {
        addIssue({ message });
        return NEVER;
      }
      return value;
    }),
  );
}

export const kid = text(kidProblem);
export const username = text(usernameProblem);
/** A user as named in a call: a username or an id. */
export const userName = text((value) => (userIdShape.test(value) ? null : usernameProblem(value)));
export const name = text(nameProblem);
export const practiceName = text(practiceNameProblem);
export const reason = text(reasonProblem);
export const application = text(applicationProblem);
export const requestId = text(requestIdProblem);
/** Contact data, well-formed or not; empty clears it. */
export const contact = text(storableContactProblem);
export const searchText = text(nameProblem);
export const country = parsed<string>(
  (value) => (/^[A-Z]{2}$/.test(value) ? value : null),
  'must be a country by ISO 3166-1, two capital letters such as US',
);
export const channel = v.picklist(['email', 'sms'], 'must be "email" or "sms"');
/** The language of messages to a user; empty clears it. */
export const language = v.picklist([...languages, ''], `must be ${languages.join(' or ')}`);
export const flag = v.boolean('must be true or false');
export const duration = parsed(
  parseDuration,
  'must be a duration such as 90d, 12h or 30m, at most ten years',
);
/** Never shown in an error. */
export const code = parsed(parseCode, 'must be six digits (spaces and hyphens between them are allowed)');

export const location = v.pipe(
  v.string('must be text'),
  v.rawTransform<string, Location & { ip: string }>(({ dataset, addIssue, NEVER }) => {
    const found = locationOf(dataset.value);
    if (typeof found === 'string') {
      addIssue({ message: found });
      return NEVER;
    }
    return { ...found, ip: dataset.value };
  }),
);

/** How many entries a list gives at the most. */
export const limit = v.pipe(
  v.number('must be a whole number'),
  v.integer('must be a whole number'),
  v.minValue(1, 'must be at least 1'),
  v.maxValue(1_000_000_000, 'must be at most 1000000000'),
);

/** Messages a minute. */
export const perMinute = v.pipe(
  v.number('must be a whole number'),
  v.integer('must be a whole number'),
  v.minValue(1, 'must be at least 1'),
  v.maxValue(100_000, 'must be at most 100000'),
);

/** A day of the calendar, `YYYY-MM-DD`. */
export const day = parsed(
  (value) => (isDay(value) ? value : null),
  'must be a day that exists, such as 2026-01-31',
);

/** Never shown in an error. */
export const checkWord = parsed(
  parseCheckWords,
  'must be the two words of the message (a code is not asked for, and never to be told)',
);

/** Never shown in an error. */
export const recoveryCode = parsed(
  parseRecoveryCode,
  'must be a recovery code as it was shown, seven groups of four: something of it is missing or mistyped',
);
/** The digest of a preview. */
export const plan = text((value) =>
  isPlanShaped(value)
    ? null
    : 'must be the digest of a preview, copied whole ("plan" of "twofa enable --preview")',
);

/** An instant as ISO 8601, or a duration back from now such as `7d`; kept as text until now is known. */
export const since = parsed<{ ago: number } | { at: number }>((value) => {
  const ago = parseDuration(value);
  if (ago !== null) return { ago };
  if (!/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/.test(value)) return null;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : { at };
}, 'must be a time such as 2026-01-31T09:00:00Z or 2026-01-31, or a duration such as 7d');

const idShape = (prefix: string) => (value: string) => {
  const digits = new RegExp(`^${prefix}_([1-9][0-9]{0,14})$`).exec(value)?.[1];
  return digits === undefined ? null : Number(digits);
};
export const tokenId = parsed(idShape('tok'), 'must be a token\'s id such as tok_3 (see "twofa token list")');
export const noticeId = parsed(
  idShape('ntc'),
  'must be a notice\'s id such as ntc_5 (see "twofa notices list")',
);
export const userId = parsed(idShape('usr'), "must be a user's id such as usr_17");
