// The words of notices in English: what was done, by whom, and what to do when it was not meant.
import type { NoticeWording } from './wording.ts';

const unexpected =
  'If you did not expect this, ask your System Administrator or whoever runs the installation.';

/** What of the contact data was changed, by the fields that a notice names. */
function changedContact(fields: string | undefined): { what: string; were: string } {
  switch (fields) {
    case 'email':
      return { what: 'email address', were: 'was' };
    case 'phone':
      return { what: 'phone number', were: 'was' };
    default:
      return { what: 'email address and phone number', were: 'were' };
  }
}

const roles = (role: string | undefined) =>
  role === 'granted' ? 'is a System Administrator now' : 'is no System Administrator any more';

export const englishNotices: NoticeWording = {
  'user-locked': (about, { app, ip }) => ({
    subject: `${about} is locked`,
    lines: [
      `${about} has used up all attempts to enter a code and is locked, in every application.`,
      ...(app ? [`The last attempt came from ${ip || 'an unknown address'}, in ${app}.`] : []),
      'Time does not unlock. Only a System Administrator of the account can: twofa lockouts show, then twofa reactivate.',
      'Codes are only asked for after the right password: if it was not the user, the password is known to somebody.',
    ],
  }),
  'user-reactivated': (about, { by }) => ({
    subject: `${about} can sign in again`,
    lines: [`${about} was reactivated by ${by} and can sign in again.`, unexpected],
  }),
  'user-deactivated': (about, { by }) => ({
    subject: `${about} was deactivated`,
    lines: [`${about} was deactivated by ${by} and cannot sign in.`, unexpected],
  }),
  'contact-changed': (about, { by, fields }) => {
    const { what, were } = changedContact(fields);
    return {
      subject: `The ${what} of ${about} ${were} changed`,
      lines: [`The ${what} to which sign-in codes of ${about} go ${were} changed by ${by}.`, unexpected],
    };
  },
  'role-changed': (about, { by, role }) => ({
    subject: `${about} ${roles(role)}`,
    lines: [`${about} ${roles(role)}. It was done by ${by}.`, unexpected],
  }),
  'token-made': (about, { by, token }) => ({
    subject: `An access token was made for ${about}`,
    lines: [
      `An access token (${token}) was made for the System Administrator ${about}, by ${by}.`,
      `It works only with a code of ${about}'s own. Any System Administrator of the account can revoke it: twofa token revoke ${token}`,
    ],
  }),
  'recovery-codes-renewed': (_, { by }) => ({
    subject: 'The recovery codes were renewed',
    lines: [
      `The recovery codes of the account were made anew by ${by}; earlier ones work no more.`,
      unexpected,
    ],
  }),
  'recovery-code-used': (about, { by }) => ({
    subject: `${about} was reactivated by a recovery code`,
    lines: [`${by} used a recovery code of the account to reactivate ${about}.`, unexpected],
  }),
  'recovery-code-rejected': (about, { by }) => ({
    subject: 'A wrong recovery code was entered',
    lines: [`${by} entered a wrong recovery code of the account to reactivate ${about}.`, unexpected],
  }),
  'enable-wanted': (_, { by, kid }) => ({
    subject: 'Two-factor authentication is to be turned on, by you',
    lines: [
      `${by} has prepared the account and asks a System Administrator of it to turn two-factor authentication on. It is for all practices and users, and is never turned off again.`,
      `See what it means first: twofa enable --preview -a ${kid}`,
      `Then turn it on: twofa enable -a ${kid}`,
      unexpected,
    ],
  }),
  'lockout-reminder': (about, { since }) => ({
    subject: `${about} is locked and waits`,
    lines: [
      `${about} has been locked since ${since ?? 'a while ago'} and has asked Customer Care for help.`,
      'Customer Care cannot reactivate anyone. A System Administrator of the account can: twofa lockouts show, then twofa reactivate.',
    ],
  }),
};
