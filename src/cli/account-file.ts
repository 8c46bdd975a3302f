// Writes an account as a provisioning file, a part of its users at a time, so that its size does not matter.
import type { ExportedPart } from '../actions/account-export.ts';
import { escapedInQuotes, safe, safeJson } from './escape.ts';
import type { Context } from './run.ts';

async function* parts({ request }: Context): AsyncGenerator<ExportedPart> {
  for (let after: string | undefined; ; ) {
    const part = await request<ExportedPart>('account.export', { after });
    yield part;
    if (part.after === null) return;
    after = part.after;
  }
}

/** YAML of a value, the items of a list one a line; what a terminal would not show is written as `\\uXXXX`. */
async function yamlOf(value: unknown): Promise<string> {
  const { Document, isCollection, isSeq, visit } = await import('yaml');
  const document = new Document(value);
  const { contents } = document;
  if (isSeq(contents)) for (const item of contents.items) if (isCollection(item)) item.flow = true;
  visit(document, {
    Scalar(_, scalar) {
      if (typeof scalar.value === 'string' && safe(scalar.value) !== scalar.value)
        scalar.type = 'QUOTE_DOUBLE';
    },
  });
  return escapedInQuotes(document.toString({ lineWidth: 0 }));
}

async function writeYaml({ out }: Context, all: AsyncGenerator<ExportedPart>): Promise<number> {
  let inactive = 0;
  let begun = false;
  let open = false;
  for await (const { document, inactive: left } of all) {
    const { users, ...head } = document;
    inactive = left;
    if (!begun) await out.write(await yamlOf(head));
    begun = true;
    if (!open && users.length > 0) {
      await out.write('users:\n');
      open = true;
    }
    if (users.length > 0) await out.write((await yamlOf(users)).replace(/^- /gm, '  - '));
  }
  return inactive;
}

async function writeJson({ out }: Context, all: AsyncGenerator<ExportedPart>): Promise<number> {
  const indent = out.format === 'json' ? 2 : 0;
  let inactive = 0;
  let before: string | null = null;
  for await (const { document, inactive: left } of all) {
    const { users, ...head } = document;
    inactive = left;
    if (before === null) {
      await out.write(`${safeJson(head, indent).replace(/\n?\}$/, '')},${indent ? '\n  ' : ''}"users":[`);
      before = '';
    }
    for (const user of users) {
      await out.write(`${before}${indent ? '\n    ' : ''}${safeJson(user)}`);
      before = ',';
    }
  }
  await out.write(indent ? `${before === ',' ? '\n  ' : ''}]\n}\n` : ']}\n');
  return inactive;
}

/** Prints the account as YAML, or as JSON where that is asked for. */
export async function exportAccount(context: Context): Promise<void> {
  const all = parts(context);
  const inactive =
    context.out.format === 'table' ? await writeYaml(context, all) : await writeJson(context, all);
  if (inactive > 0) {
    const users = inactive === 1 ? '1 inactive user is' : `${inactive} inactive users are`;
    context.out.say(`${users} left out: applied elsewhere, a file would make them active.`);
  }
}
