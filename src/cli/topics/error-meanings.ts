// When each error code comes, for the topic exit-codes and whoever programs against them.
import type { ErrorCode } from '../../errors.ts';

export const errorMeanings: Record<ErrorCode, string> = {
  'unexpected-failure': 'a fault of the program or of what is below it',

  usage: 'the command line is not one of this program',
  'invalid-input': 'a value has not the form that it needs; details.field names it',
  'missing-option': 'something has to be given, and nobody can be asked; details.field names it',
  'invalid-configuration': 'a key of the configuration, or its variable, is not right',
  'file-unreadable': 'a file that was named cannot be read',
  'file-unwritable': 'a file that was named cannot be written, or is there already',
  'file-malformed': 'a file has not the form that it needs; what is named where',
  'confirmation-mismatch': 'what was typed to confirm is not what was asked for; nothing was done',
  'request-id-reused': 'a request id came again with another request or another user',
  'checkpoint-invalid': 'a checkpoint is of another store or key, or was changed',
  'secret-in-argument': 'a password stands in an argument, which others can read',

  'not-signed-in': 'there is no access token',
  'token-invalid': 'the access token is none of this store',
  'token-expired': 'the access token has expired',
  'token-revoked': 'the access token was revoked',
  'operator-inactive': 'the token is of a user who is no System Administrator any more',
  'operator-locked': 'the token is of a System Administrator who is locked',
  'not-permitted': 'the role may not do this ("twofa help roles")',
  'unsafe-file': 'others can read or write a file that is to be yours alone',
  'profile-not-found': 'there is no profile of this name',

  'account-not-found': 'there is no such account, or you may not see it',
  'user-not-found': 'there is no such user in the account',
  'practice-not-found': 'there is no such practice in the account',
  'token-not-found': 'there is no such token, or you may not see it',
  'lockout-not-found': 'the user is not locked',
  'notice-not-found': 'there is no such notice that did not go out',
  'topic-not-found': 'there is no help of this name',

  'never-disabled': '2FA is never turned off',
  'audit-broken': 'a row is not what twofa wrote; nothing is done by it',
  'store-restored': 'the store is an older copy of itself, which nobody has accepted yet',
  'cursor-unknown': 'the trail has not the event that was read last',
  'not-ready': 'a blocker of the checklist fails',
  'not-enabled': '2FA is not on for the account',
  'already-enabled': '2FA is on for the account already',
  'account-exists': 'there is an account of this KID with other values',
  'user-exists': 'there is, or was, a user of this name',
  'contact-data-required': '2FA is on: each active user needs an email and a phone',
  'last-administrator': 'nobody else could reactivate users of the account',
  'password-known': 'the lockout looks guessed, and --password-changed was not given',
  'user-deactivated': 'the user is deactivated, and --deactivated was not given',
  'not-an-administrator': 'the user is no System Administrator of the account',
  'too-many-codes': 'five codes are outstanding; details.retryAt',
  'too-many-texts': 'the account has had the text messages of its day; details.retryAt',
  'too-soon': 'it was done just now; details.retryAt',
  'plan-changed': 'what the preview showed is not so any more; nothing was done',
  'channel-unavailable': 'the user has no valid address for this channel',
  'delivery-not-configured': 'no message can leave the installation by this channel',
  'not-a-sandbox': 'an installation never becomes a sandbox',
  'key-mismatch': 'the key is not that of the store',
  'key-not-lost': 'the key that is said to be lost is there',
  'key-kept-elsewhere': 'the key ring comes from a command, and has to be changed there',

  'second-factor-required': "a System Administrator's token needs a code of their own (R15)",

  'recovery-code-rejected': 'the recovery code is none of the account',

  'user-locked': 'the user is locked',
  'user-inactive': 'the user is deactivated',

  'delivery-failed': 'the message failed for good; its code is ended',

  'not-initialised': 'there is no store yet',
  'store-unavailable': 'the store cannot be reached, or is none of twofa',
  'store-busy': 'the store was held by others for too long; try again',
  'store-incompatible': 'the store is of another release',
  'key-unavailable': 'the key of the store cannot be read',

  interrupted: 'somebody ended it; what was saved is whole',
};
