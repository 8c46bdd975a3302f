// What a moment of a history was: what was said to whom, and which codes were in time, by the clock alone.
import { digestOf, type Model, userOf } from './model.ts';
import { type Moment, minute } from './sequences.ts';

export type Verify = Extract<Moment, { do: 'verify' }>;

/** Whether a code was right. */
export function isSuccess(moment: Moment): moment is Verify {
  if (moment.do !== 'verify' || moment.decision.outcome !== 'judged') return false;
  return moment.decision.answer.result === 'verified';
}

/** Whether a code was wrong and used an attempt. */
export function isFailure(moment: Moment): moment is Verify {
  return moment.do === 'verify' && moment.decision.outcome === 'judged' && !isSuccess(moment);
}

/** Whom a call is about; null for a change of the time. */
export function userIn(moment: Moment): number | null {
  if (moment.do === 'send' || moment.do === 'verify') return moment.call.user;
  return 'user' in moment ? moment.user : null;
}

/** Ids of the codes that are inside their 15 minutes, by the clock alone. */
export function inTime(model: Model, user: number): number[] {
  const { codes } = userOf(model, user);
  return codes
    .filter(({ createdAt }) => createdAt <= model.now && model.now - createdAt < 15 * minute)
    .map(({ id }) => id);
}

/** Ids of the codes in time whose digits were entered. */
export function enteredInTime({ call, before }: Verify): number[] {
  const digest = digestOf(call.user, call.digits);
  const same = userOf(before, call.user).codes.filter((code) => code.digest === digest);
  return inTime(before, call.user).filter((id) => same.some((code) => code.id === id));
}

/** What was said to a call. */
export function said(moment: Moment): string {
  switch (moment.do) {
    case 'send':
      return moment.decision.outcome;
    case 'verify':
      return moment.decision.outcome === 'judged' || moment.decision.outcome === 'barred'
        ? (moment.decision.answer.why ?? moment.decision.answer.result)
        : moment.decision.outcome;
    case 'login':
      return moment.answer.reason ?? moment.answer.result;
    default:
      return moment.do;
  }
}
