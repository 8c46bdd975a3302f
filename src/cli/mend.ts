// Mends what fails of the checklist, one user after the other, by questions on a terminal.
import type { UserView } from '../actions/views.ts';
import { TwofaError } from '../errors.ts';
import type { ChecklistItem } from '../rules/checklist.ts';
import { safe } from './escape.ts';
import { askText } from './prompt.ts';
import type { Context } from './run.ts';

/** Which contact datum an item's users have to mend. */
const mendedField: Record<string, 'email' | 'phone'> = {
  'email-present': 'email',
  'email-valid': 'email',
  'email-unique': 'email',
  'phone-present': 'phone',
  'phone-valid': 'phone',
};

async function mendUser(
  context: Context,
  username: string,
  field: 'email' | 'phone',
  title: string,
): Promise<void> {
  const user = await context.request<UserView>('user.show', { user: username });
  const present = user[field] === null ? 'none' : safe(user[field]);
  const question = `${title}. ${safe(user.username)} (${safe(user.name)}), ${field} ${present}. New ${field}, or empty to leave it:`;
  const value = await askText(context, question);
  if (value === '') return;
  try {
    await context.request('user.update', { user: username, [field]: value });
  } catch (error) {
    if (!(error instanceof TwofaError)) throw error;
    context.out.say(safe(error.message));
  }
}

/** Asks for each user whom a failed blocker names. @throws TwofaError `usage` without a terminal. */
export async function mend(context: Context): Promise<void> {
  if (!context.mayAsk) {
    throw new TwofaError('usage', '--fix asks questions, and there is no terminal to ask on.', {
      hint: 'Mend users by "twofa user update" or "twofa user import".',
    });
  }
  const { items } = await context.request<{ items: ChecklistItem[] }>('checklist');
  for (const item of items.filter((each) => each.status === 'fail')) {
    const field = mendedField[item.id];
    if (!field) continue;
    for (const username of item.users) await mendUser(context, username, field, item.title);
  }
  context.exit(0);
}
