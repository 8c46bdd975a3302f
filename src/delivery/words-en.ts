// The words of messages in English.
import { englishNotices } from './notices-en.ts';
import type { Wording } from './wording.ts';

const days = new Intl.DateTimeFormat('en-US', { dateStyle: 'full', timeZone: 'UTC' });
const alternatives = new Intl.ListFormat('en-US', { type: 'disjunction' });

export const english: Wording = {
  code({ code, account, minutes }) {
    const what = `${code} is your sign-in code for ${account}`;
    return {
      // The code comes first, so that the notification of a phone shows it.
      subject: what,
      text: [
        `${what}.`,
        '',
        `It works for ${minutes} minutes, once.`,
        '',
        'Nobody will ever ask you for this code, neither by phone nor in a message. Enter it only where you sign in.',
        'If you are not signing in, tell your System Administrator: somebody may know your password.',
      ].join('\n'),
    };
  },
  codeText: ({ code, account, minutes }) =>
    `${code} is your ${account === '' ? '' : `${account} `}code for ${minutes} minutes. Never tell it to anyone.`,
  checkWords: ({ words, account }) => ({
    subject: `${words}: your check words for ${account}`,
    text: [
      `${words} are your two check words for ${account}.`,
      '',
      'They show that messages reach you. Enter them where your application asks for them, or tell them to your System Administrator.',
      '',
      'They are no sign-in code and let nobody in. A sign-in code is never to be told to anyone: nobody will ever ask you for one.',
    ].join('\n'),
  }),
  checkWordsText: ({ words, account }) =>
    `${words}: your check words${account === '' ? '' : ` for ${account}`}. Enter them when asked or tell your System Administrator. Never tell anyone a sign-in code.`,
  announcement: ({ account, name, date, email, phone, ask }) => ({
    subject: `${account} turns on two-factor authentication ${date}`,
    text: [
      `Hello ${name},`,
      '',
      `${account} turns on two-factor authentication ${date}, for all its users.`,
      '',
      'From then on, after your password, you are asked for a code of six digits. You choose where it goes:',
      `- by email: ${email}`,
      `- by text message: ${phone}`,
      'Once you have entered it, signing in from the same place needs no code for 7 days.',
      '',
      `If an address is wrong or missing, or if you have a question, ask ${ask} before then. Otherwise there is nothing to do.`,
      '',
      'Nobody will ever ask you for a code, neither by phone nor in a message. Enter it only where you sign in.',
    ].join('\n'),
  }),
  notices: englishNotices,
  notice: ({ account, title, notice }) => ({
    subject: `${account}: ${title}`,
    text: `${notice}\n\nAccount ${account}`,
  }),
  test: {
    subject: 'Test message',
    text: 'This is a test message: sign-in codes can be sent to this address.\n\nThere is nothing to do.',
  },
  testText: 'This is a test message: sign-in codes can be sent to this number. There is nothing to do.',
  when: (day) => (day === null ? 'soon' : `on ${days.format(new Date(day))}`),
  oneOf: (names) => (names.length === 0 ? 'your System Administrator' : alternatives.format(names)),
  noEmail: 'no address is known',
  noPhone: 'no number is known',
};
