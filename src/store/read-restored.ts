// Reads where a store and its chains stood when it was put back.
import type { ChainPosition, Subject } from '../rules/chain.ts';
import { int, text } from './rows.ts';
import { first, on, type Session } from './session.ts';
import { subjectOf } from './trail.ts';

export async function putBackAt(session: Session): Promise<number | null> {
  const query = on(session, 'audit_events')
    .where({ subject: subjectOf.installation, action: 'store.put-back' })
    .orderBy('place', 'desc')
    .select('details');
  const row = await first(query);
  return row && (JSON.parse(text(row, 'details')) as { newest: number }).newest;
}

export async function chainAt(session: Session, subject: Subject, seq: number): Promise<ChainPosition> {
  const query = on(session, 'audit_events').where({ subject }).where('seq', '<=', seq);
  const row = await first(query.orderBy('place', 'desc').select('place', 'link'));
  return row ? { count: int(row, 'place'), link: text(row, 'link') } : { count: 0, link: '' };
}
