// A plan in a file: the documents as they were read, with the seals by which they are carried out as they were seen.
import * as v from 'valibot';
import { TwofaError } from '../errors.ts';
import type { ProvisioningDocument } from '../rules/provisioning.ts';
import { readDocument } from './document-file.ts';
import { safeJson } from './escape.ts';
import { writeWhole } from './whole-file.ts';

/** A document with the seal of its plan. */
export interface SealedDocument {
  document: ProvisioningDocument;
  plan: string;
}

export interface PlanFile {
  prune: boolean;
  pruneLimit: number | null;
  documents: SealedDocument[];
}

const shape = v.strictObject({
  twofaPlan: v.literal(1),
  prune: v.boolean(),
  pruneLimit: v.nullable(v.number()),
  documents: v.pipe(
    v.array(
      v.strictObject({
        document: v.looseObject({ account: v.looseObject({ kid: v.string() }) }),
        plan: v.string(),
      }),
    ),
    v.minLength(1),
  ),
});

/** Writes a new file that its owner alone can read: it has contact data. @throws TwofaError `file-unwritable` */
export async function writePlan(file: string, plan: PlanFile): Promise<void> {
  await writeWhole(file, (write) => write(`${safeJson({ twofaPlan: 1, ...plan }, 2)}\n`));
}

/** What the file holds; null for what is no JSON, and so no plan. */
function documentOf(file: string): unknown {
  try {
    return readDocument(file);
  } catch (error) {
    if (error instanceof TwofaError && error.code === 'file-malformed') return null;
    throw error;
  }
}

/** @throws TwofaError `file-unreadable`; `file-malformed` for what is no plan. */
export function readPlan(file: string): PlanFile {
  const parsed = v.safeParse(shape, documentOf(file));
  if (parsed.success) return parsed.output;
  throw new TwofaError('file-malformed', `${file} is no plan.`, {
    hint: 'A plan is made by "twofa plan -f FILE --out PLAN". A provisioning file is applied with -f.',
  });
}
