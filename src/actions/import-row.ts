// A row of a roster as an import takes it, and what became of it.
import * as v from 'valibot';
import { TwofaError } from '../errors.ts';
import { contact, flag, language, name, practiceName, username } from './fields.ts';

const rowShape = v.strictObject({
  username,
  name: v.optional(name),
  email: v.optional(contact),
  phone: v.optional(contact),
  language: v.optional(language),
  practices: v.optional(v.array(practiceName)),
  systemAdministrator: v.optional(flag),
});

export type ImportRow = v.InferOutput<typeof rowShape>;

/** What became of a row. */
export type RowOutcome =
  | { outcome: 'added' | 'updated' | 'unchanged' }
  | { outcome: 'rejected'; field: string | null; reason: string };

/** Reads the form of a row, or rejects it. */
export function readRow(raw: unknown): ImportRow | RowOutcome {
  const parsed = v.safeParse(rowShape, raw, { abortEarly: true });
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const field = String(issue.path?.[0]?.key ?? 'row');
  return { outcome: 'rejected', field, reason: `${field} ${issue.message}.` };
}

/** The outcome of a row that the rules or the operator's role refuse. @throws whatever is no refusal. */
export function rejected(error: unknown): RowOutcome {
  if (!(error instanceof TwofaError)) throw error;
  const hint = error.code === 'practice-not-found' && error.hint ? ` ${error.hint}` : '';
  const field = error.details?.field;
  return {
    outcome: 'rejected',
    field: typeof field === 'string' ? field : null,
    reason: error.message + hint,
  };
}
