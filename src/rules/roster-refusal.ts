// Why a roster cannot be changed as it is wanted, in the words that every way of changing one gives (R4, R12, R13).

/** A refusal as a value: the code of the error that it becomes, and its words. */
export interface RosterRefusal {
  code:
    | 'not-permitted'
    | 'invalid-input'
    | 'user-exists'
    | 'practice-not-found'
    | 'contact-data-required'
    | 'last-administrator'
    | 'prune-limit';
  message: string;
  hint: string | null;
}

/** @param refusal what the matrix's footnote says. */
export function notPermitted(refusal: string): RosterRefusal {
  return { code: 'not-permitted', message: refusal, hint: '"twofa help roles" says who may do what.' };
}

/** @param problems of the contact data, one sentence each. */
export function unreachable(kid: string, username: string, problems: readonly string[]): RosterRefusal {
  return {
    code: 'contact-data-required',
    message: `2FA is on for account ${kid}: ${username} needs a valid email of their own and a phone that takes text messages. ${problems.join(' ')}`,
    hint: 'Give valid contact data with --email and --phone.',
  };
}

/** @param doing what cannot be done, such as `lose the role`. */
export function lastAdministrator(kid: string, username: string, doing: string): RosterRefusal {
  return {
    code: 'last-administrator',
    message: `${username} is the last active, unlocked System Administrator of account ${kid} and cannot ${doing}.`,
    hint: 'Make another user a System Administrator first: twofa user update USER --system-administrator',
  };
}

/** @param meant the nearest practice that the account has. */
export function practiceUnknown(kid: string, name: string, meant: string | null): RosterRefusal {
  return {
    code: 'practice-not-found',
    message: `Account ${kid} has no practice ${JSON.stringify(name)}.`,
    hint: meant ? `Did you mean ${JSON.stringify(meant)}?` : 'Add it first: twofa practice add NAME',
  };
}

export function usernameTaken(kid: string, username: string): RosterRefusal {
  return {
    code: 'user-exists',
    message: `Account ${kid} has, or had, a user ${JSON.stringify(username)}; usernames are never reused.`,
    hint: 'Change the user with "twofa user update", or choose another username.',
  };
}
