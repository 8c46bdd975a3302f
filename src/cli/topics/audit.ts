// The topic audit: the published list of audit actions, and how the trail is verified.
import { type AuditAction, auditActions } from '../../rules/chain.ts';
import { auditDetails } from './audit-details.ts';
import { paragraph, terms } from './layout.ts';
import { offlineVerification } from './offline-verification.ts';

const meanings: Record<AuditAction, string> = {
  'store.migrated': "the store's tables were brought to another release's, by which migrations",
  'store.moved': 'the store was sealed, to be copied to another database, and where to',
  'store.arrived': 'the store was copied here, compared and verified, and where from',
  'store.reopened': 'the seal was taken off a store whose copy did not come about',
  'store.pruned': 'what nobody needs any more was removed: how much of each kind; never an event',
  'store.backed-up': 'a backup of the store was made: into which file, and up to which event',
  'store.put-back':
    'a backup was put in place of the store, or the store was said to be one: up to which event it reaches',
  'store.restored': 'an older copy of the store was accepted, why, and which events are lost',
  'key.rotated': 'the installation got another key; what older keys sealed stays under them',
  'chain.rekeyed':
    'the key was lost: the chain goes on under another. Codes, trusted locations and tokens ended',
  'token.created': 'an access token was made',
  'token.revoked': 'an access token was made worthless',
  'token.verified': 'a System Administrator proved a code for their own access token (R15)',
  'token.rotated': 'an access token was replaced; the old one works a while longer',
  'account.created': 'an account was created',
  'account.updated': 'the name or country of an account changed, or whether 2FA is wanted for it',
  'account.enabled': '2FA was turned on for an account',
  'account.viewed': 'Customer Care looked at an account, or at a list of its users',
  'accounts.viewed': 'Customer Care listed accounts',
  'practice.added': 'a practice was added',
  'user.added': 'a user was added',
  'users.imported': 'users were added by an import or an apply',
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
  'codes.ended': "a user's codes and trusted locations were ended: an older copy of the store was accepted",
  'attempts.replayed':
    'attempts that were used after a backup was made are used in it too: how many are left',
  'user.locked': 'the seventh failure: the user is locked',
  'lockout.reminded': "Customer Care reminded the account's System Administrators of a lockout",
  'location.forgotten': "trust in a user's locations was ended",
  'rollcall.called': 'check words were made for users, and sent: how many by each channel',
  'rollcall.confirmed': 'a user told the right check words: messages by that channel reach them',
  'rollcall.rejected': 'check words were not right, and why; it uses no attempt to sign in',
  'announcement.sent': 'users were told by email that 2FA will be turned on: how many, and for which day',
  'recovery.renewed': 'new recovery codes were made; those before them are worthless',
  'recovery.used': 'a recovery code was used up; user.reactivated beside it says for whom',
  'recovery.voided': 'the recovery codes were made worthless: an older copy of the store was accepted',
  'recovery.rejected': 'a recovery code was not right, and why; nothing is used up by it',
  'call.refused': "a call was refused; it is in the chain of the caller's token",
};

function detailsOf(action: AuditAction): string {
  const details = auditDetails[action] ?? '';
  return details === '' ? '' : ` {${details}}`;
}

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
    'The actions, each with what its details can have:\n\n',
    terms(auditActions.map((action) => [action, `${meanings[action]}${detailsOf(action)}`])),
    '\n',
    paragraph(
      'An event says when (at), who (actor, role, tokenId), what (action, outcome: ok, refused or failed, details) and of whom (account, user). seq orders the events of the whole store.',
    ),
    '\n',
    paragraph(
      'Verifying. The installation, each account, each user and each token has a chain of its own: the link of an event is an HMAC, by the key of the installation, over the event and the link before it. The row of each subject carries a head: an HMAC over the length of its chain, the last link and its security state (attempts, lock, role, status, 2FA, contact data). "twofa audit verify" walks every chain and compares every row, and so finds an event that was changed, removed, added or moved, the newest too, and a row that was changed behind the trail\'s back. Codes, trusted locations and recorded answers are sealed over the event that made them: one that has not ended and that no event of its user\'s chain made counts for nothing, and is named as well. Exit 0: intact. Exit 6: broken; the first broken thing is named.',
    ),
    '\n',
    paragraph(
      'A lost key. After "twofa db rekey --lost-key" every chain goes on behind an event chain.rekeyed, which names a digest of all events before it. What was changed before that, nobody can find any more; what is changed after it, also of the older events, is found. "breaks" says when and why, "unproved" how many events are older.',
    ),
    '\n',
    paragraph("A System Administrator lists and verifies the own account's part; the owner all of it."),
    '\n',
    paragraph(
      'Rows and events put back together. Whoever writes the database without the key can still put an older row back and remove the events since. "twofa audit checkpoint" prints where all chains stand, as one root, signed; kept where nobody of the machine can write, it finds that: "twofa audit verify --checkpoint FILE" computes the same root again. A checkpoint that is not of this key is exit 2.',
    ),
    '\n  twofa audit checkpoint --file checkpoint.json\n',
    '  twofa audit verify --checkpoint checkpoint.json\n\n',
    paragraph(
      'Beside the key, high-water.json names the newest event that this machine knows, and follows each command that writes. When the store has it not, the store is an older copy of itself: reading goes on, and everything else is refused with store-restored (exit 6), until the newest copy is back or the owner accepts the older one, which ends all codes, recovery codes, trusted locations and tokens. Put back from the same backup as the store, the file says nothing: keep it out of the backups of the store.',
    ),
    "\n  twofa db restore --accept --reason 'the disk failed'\n\n",
    paragraph(
      'A backup that "twofa db restore FILE" put back has an event store.put-back, which names its last event (newest); its chains go on from there another way than they did. Events that repeat one of the time after it (--replay) have "replays" in their details: which one, of when, whose. A checkpoint from after the backup does not fit any more: "audit verify --checkpoint" says that it was put back.',
    ),
    '\n',
    paragraph(
      'Whoever has the key can write a new trail: only what left the machine in time proves anything against them. Keep checkpoints and exports elsewhere, and the key where the backups of the store are not.',
    ),
    '\n',
    paragraph(
      'For a log collector, "audit follow" prints events as they come, each once, also while others commit; its --help says what holds when it is killed.',
    ),
    '\n  twofa audit follow --cursor-file /var/lib/twofa/collector.cursor\n\n',
    paragraph(
      'Verifying elsewhere. "twofa audit export" prints every event with all that is linked, oldest first, a JSON document a line. Of an export of today, the lines up to the last one of an earlier export are the same, byte by byte. Without the key, the script below says whether places have gaps, and whether the ends of the chains are those of a checkpoint; with the key ring as third word in place of "-" it computes each link again. It prints how many events there are, how many of them were computed, and which are broken (then it ends with 6).',
    ),
    '\n  twofa audit export --file events.ndjson\n',
    '  node verify.mjs events.ndjson - checkpoint.json\n\n',
    'verify.mjs:\n\n',
    offlineVerification.replace(/^(?=.)/gm, '  '),
  ].join('');
}
