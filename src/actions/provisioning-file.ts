// The form of a provisioning file: one definition, by which a document is read and of which its JSON Schema is made.
import * as v from 'valibot';
import { languages } from '../rules/language.ts';
import type { ProvisioningDocument } from '../rules/provisioning.ts';
import {
  foldKey,
  kidProblem,
  nameProblem,
  type Problem,
  practiceNameProblem,
  storableContactProblem,
  usernameProblem,
} from '../rules/text.ts';

/** Users of one document at the most. */
export const documentUsersMax = 100_000;
/** Practices of one document at the most. */
const practicesMax = 10_000;

/** YAML reads what looks like a number, a yes or nothing as such: what was meant as text has to be in quotes. */
function notText({ input }: v.StringIssue): string {
  if (typeof input === 'number') return 'is read as a number: put it in quotes';
  if (typeof input === 'boolean') return `is read as ${input}: put it in quotes`;
  if (input === null) return 'has no value: leave it out to leave it alone';
  return 'must be text';
}

function clearable({ input }: v.StringIssue): string {
  return input === null
    ? 'has no value: leave it out to leave it alone, or write "" to clear it'
    : notText({ input } as v.StringIssue);
}

interface TextRule {
  title: string;
  description: string;
  max: number;
  problem(value: string): Problem;
  missing?: (issue: v.StringIssue) => string;
}

/** A text: what JSON Schema can say of it stands beside the rule that decides. */
function text({ title, description, max, problem, missing = notText }: TextRule) {
  return v.pipe(
    v.string(missing),
    v.rawCheck(({ dataset, addIssue }) => {
      const found = dataset.typed ? problem(dataset.value) : null;
      if (found !== null) addIssue({ message: found });
    }),
    v.maxLength(max, `is longer than ${max} characters`),
    v.title(title),
    v.description(description),
  );
}

const kid = v.pipe(
  text({
    title: 'KID',
    description: 'The KID by which the account is known. Always in quotes: YAML would read a number.',
    max: 64,
    problem: kidProblem,
  }),
  v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/),
);

const name = (description: string) =>
  v.pipe(text({ title: 'Name', description, max: 200, problem: nameProblem }), v.minLength(1, 'is empty'));

const practiceName = v.pipe(
  text({
    title: 'Practice',
    description: 'The name of a practice of the account.',
    max: 200,
    problem: practiceNameProblem,
  }),
  v.regex(/^[^;]+$/),
);

const username = v.pipe(
  text({
    title: 'Username',
    description: 'Exact; unique in the account whatever the case, and never reused.',
    max: 128,
    problem: usernameProblem,
  }),
  v.minLength(1, 'is empty'),
);

const contact = (title: string, description: string) =>
  text({ title, description, max: 320, problem: storableContactProblem, missing: clearable });

const flag = (description: string) =>
  v.pipe(v.boolean('must be true or false, without quotes'), v.description(description));

/**
 * Adds an issue to each entry that is the same as an earlier one but for its spelling.
 * @param at the key of the entry that names it; null where it is its own name.
 */
function unique<T>(what: string, at: string | null, nameOf: (entry: T) => string) {
  return v.rawCheck<T[]>(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const first = new Map<string, number>();
    dataset.value.forEach((entry, index) => {
      const named = nameOf(entry);
      const key = foldKey(named);
      const before = first.get(key);
      if (before === undefined) first.set(key, index);
      else {
        const step = { type: 'unknown', origin: 'value', input: entry, value: named } as const;
        const path = [{ ...step, key: index }, ...(at === null ? [] : [{ ...step, key: at }])];
        addIssue({
          message: `is in ${what}[${before}] already`,
          path: path as [v.IssuePathItem, ...v.IssuePathItem[]],
        });
      }
    });
  });
}

const user = v.strictObject(
  {
    username,
    name: v.optional(name("The person's name; a new user needs one.")),
    email: v.optional(contact('Email', 'Where codes go; "" clears it, where 2FA is not on.')),
    phone: v.optional(
      contact(
        'Phone',
        'Where text messages with codes go: with + and country code, in quotes, or as the account\'s country writes it; "" clears it, where 2FA is not on.',
      ),
    ),
    language: v.optional(
      v.pipe(
        v.picklist([...languages, ''], `must be ${languages.join(' or ')}, or "" for none`),
        v.description('Of messages to the user; "" for none.'),
      ),
    ),
    practices: v.optional(
      v.pipe(
        v.array(practiceName, 'must be a list of practices'),
        v.description('All practices of the user; [] for none.'),
      ),
    ),
    systemAdministrator: v.optional(flag('Whether the user is a System Administrator of the account.')),
  },
  'must be a user: keys and values, username among them',
);

const twoFactor = v.pipe(
  v.strictObject(
    {
      wanted: v.optional(
        flag('Leaves the account awaiting its System Administrator, who is mailed the command.'),
      ),
      confirm: v.optional(
        v.pipe(
          v.string(notText),
          v.description(
            "The KID again: with a System Administrator's token, apply turns 2FA on, which is never undone.",
          ),
        ),
      ),
    },
    'must be keys and values, such as { wanted: true }',
  ),
  v.forward(
    v.partialCheck(
      [['wanted'], ['confirm']],
      ({ wanted, confirm }) => confirm === undefined || wanted === true,
      'stands only beside wanted: true',
    ),
    ['confirm'],
  ),
);

const account = v.pipe(
  v.strictObject(
    {
      kid,
      name: v.optional(name('The name that users read in their messages; a new account needs one.')),
      country: v.optional(
        v.pipe(
          v.string(notText),
          v.regex(/^[A-Z]{2}$/, 'must be a country by ISO 3166-1, two capital letters such as US'),
          v.description('Of phone numbers written without a country code; US for a new account.'),
        ),
      ),
      twoFactor: v.optional(twoFactor),
    },
    'must be keys and values, kid among them',
  ),
  v.forward(
    v.check(
      ({ kid, twoFactor }) => twoFactor?.confirm === undefined || twoFactor.confirm === kid,
      'is not the KID of the account; nothing was changed',
    ),
    ['twoFactor', 'confirm'],
  ),
);

/** One document. What it leaves out is left alone. */
export const provisioningDocument = v.pipe(
  v.strictObject(
    {
      account,
      practices: v.optional(
        v.pipe(
          v.array(practiceName, 'must be a list of practices'),
          v.maxLength(practicesMax, `must be at most ${practicesMax} practices`),
          unique('practices', null, (entry: string) => entry),
          v.description('Practices that the account is to have; none is ever taken away.'),
        ),
      ),
      users: v.optional(
        v.pipe(
          v.array(user, 'must be a list of users'),
          v.maxLength(documentUsersMax, `must be at most ${documentUsersMax} users`),
          unique('users', 'username', (entry: { username: string }) => entry.username),
          v.description(
            'Users that the account is to have; others stay as they are, unless apply is given --prune.',
          ),
        ),
      ),
    },
    'must be keys and values: account, and practices and users where there are some',
  ),
  v.title('Provisioning file of twofa'),
  v.description('One document of a provisioning file: an account, its practices and its users.'),
);

// What the schema lets through is what a plan is made of.
provisioningDocument satisfies v.GenericSchema<unknown, ProvisioningDocument>;

/** The JSON Schema of a document (draft 7), made of the definition above. */
export async function provisioningSchema(): Promise<object> {
  const { toJsonSchema } = await import('@valibot/to-json-schema');
  return toJsonSchema(provisioningDocument, {
    typeMode: 'input',
    // What JSON Schema cannot say is said by plan and apply.
    ignoreActions: ['raw_check', 'check', 'partial_check'],
  });
}
