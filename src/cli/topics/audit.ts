// The topic audit: the published list of audit actions, and how the trail is verified.
import { type AuditAction, auditActions } from '../../rules/chain.ts';
import { paragraph, terms } from './layout.ts';

const meanings: Record<AuditAction, string> = {
  'installation.created': 'the store was made',
  'token.created': 'an access token was made',
  'token.revoked': 'an access token was made worthless',
  'token.rotated': 'an access token was replaced; the old one works a while longer',
  'account.created': 'an account was created',
  'account.enabled': '2FA was turned on for an account',
  'account.viewed': 'Customer Care looked at an account, or at a list of its users',
  'accounts.viewed': 'Customer Care listed accounts',
  'practice.added': 'a practice was added',
  'user.added': 'a user was added',
  'users.imported': 'users were added by an import',
  'user.updated': "a user's name, contact data, practices or role changed",
  'user.renamed': 'a user got another username',
  'user.deactivated': 'a user was deactivated',
  'user.reactivated': 'a locked or deactivated user was brought back, and why',
  'user.viewed': 'Customer Care looked at a user',
  'users.searched': 'Customer Care searched for users',
  'login.granted': 'a sign-in needed no code, and why',
  'login.challenged': 'a sign-in was asked for a code, and why',
  'login.refused': 'a sign-in of a locked or inactive user was refused',
  'code.issued': 'a code was made for a user and a channel',
  'code.refused': 'a code was asked for and not made, and why',
  'code.sent': 'the message with a code went out, as far as is known',
  'code.undelivered': 'the message failed for good; its code was ended',
  'code.verified': 'a code was right: the user is signed in',
  'code.rejected': 'a code was not right, and how many attempts are left; or not looked at',
  'user.locked': 'the seventh failure: the user is locked',
  'location.forgotten': "trust in a user's locations was ended",
  'call.refused': "a call was refused; it is in the chain of the caller's token",
};

export function audit(): string {
  return [
    'AUDIT: what is recorded, and how it is verified\n\n',
    paragraph(
      'Every write, every answer to a sign-in, every refused call and every look-up by Customer Care is an event, saved in the same transaction as what it tells of. Events are never changed or removed; the database refuses both. Contact data is in events only masked; codes, tokens and passwords are in none.',
    ),
    '\n  twofa audit list -a KID\n',
    '  twofa audit list -a KID --user USER --since 7d\n',
    '  twofa audit list -a KID --action user.locked --json\n',
    '  twofa audit verify\n\n',
    'The actions:\n\n',
    terms(auditActions.map((action) => [action, meanings[action]])),
    '\n',
    paragraph(
      'An event says when (at), who (actor, role, tokenId), what (action, outcome: ok, refused or failed, details) and of whom (account, user). seq orders the events of the whole store.',
    ),
    '\n',
    paragraph(
      'Verifying. The installation, each account, each user and each token has a chain of its own: the link of an event is an HMAC, by the key of the installation, over the event and the link before it. The row of each subject carries a head: an HMAC over the length of its chain, the last link and its security state (attempts, lock, role, status, 2FA, contact data). "twofa audit verify" walks every chain and compares every row, and so finds an event that was changed, removed, added or moved, the newest too, and a row that was changed behind the trail\'s back. Exit 0: intact. Exit 6: broken; the first broken thing is named.',
    ),
    '\n',
    paragraph("A System Administrator lists and verifies the own account's part; the owner all of it."),
    paragraph(
      'It cannot find, in this version, that the whole store was put back to an older copy of itself; and whoever has the key can write a new trail. Keep the key where the backups of the store are not.',
    ),
  ].join('');
}
