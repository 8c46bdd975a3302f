// The topic provisioning: accounts, practices and users from a file, by hand or by a script.
import { pruneMax } from '../../rules/provisioning-users.ts';

export const provisioning = `PROVISIONING: accounts, practices and users from a file

THE FILE
YAML or JSON, in UTF-8; one document an account, several parted by ---.

  account:
    kid: "10482"                    # always in quotes
    name: Northside Family Health   # a new account needs one
    country: US                     # of phones without a country code
    twoFactor: { wanted: true }
  practices: [Northside Pediatrics, Northside Cardiology]
  users:
    - username: maria
      name: Maria Lopez             # a new user needs one
      email: maria@northside.example
      phone: "+12015550123"         # in quotes, or it is read as a number
      language: en
      practices: [Northside Pediatrics]
      systemAdministrator: true

What a document leaves out is left alone: users, practices, and fields of users.
"" clears an email, a phone or a language, [] the practices of a user. A file
never carries locks or attempts, and lifts none. A user in it who is inactive is
reported, and only a System Administrator brings them back (twofa reactivate).
Practices are never taken away; usernames are changed by "twofa user rename".
"twofa schema" prints the JSON Schema. For an editor, begin the file with

  # yaml-language-server: $schema=provisioning.schema.json

FROM FILE TO STORE

  twofa plan -f northside.yaml
  twofa apply -f northside.yaml

plan shows what would change, and changes nothing; apply does it. Again, it
changes nothing and says so. Each document is done whole or not at all, and its
users are judged as they are when all is done: two may swap their emails. Of
several documents, those before one that fails stay done, and are named. What is
wrong is shown with its line and column.

With "plan --detailed-exitcode", exit 3 says that there is something to do;
users who wait for a System Administrator are none of it.

  twofa plan -f northside.yaml --out northside.plan
  twofa apply northside.plan

do exactly what was seen, or nothing: the plan is refused (plan-changed, exit 6)
when the account's roster has moved since, when it was changed, and for another
operator than the one who made it. It holds contact data, and is private.

To a service (TWOFA_URL) a document is one request, of at most 4 MiB: some
25,000 users.

  twofa account export -a 10482

writes the file of an account, which apply takes back unchanged. Inactive users
are left out. --json writes JSON.

USERS WHO ARE NOT IN THE FILE
They stay as they are, unless they are to be pruned:

  twofa apply -f northside.yaml --prune --prune-limit 8

deactivates them. Without --prune-limit it is refused for more than ${pruneMax.users} users, or
more than ${pruneMax.percent} % of the active ones. On a terminal they are shown, and it asks.

TURNING 2FA ON
Only a System Administrator of the account does. With wanted: true the account
awaits one: all of them are mailed the command, once, and

  twofa account list --awaiting

lists it. With a System Administrator's own token, and their consent beside it,

    twoFactor: { wanted: true, confirm: "10482" }

apply turns 2FA on, when the checklist lets it; else nothing of the document is
done. It is never turned off again: wanted: false takes nothing back once it is
on. Recovery codes are made afterwards, by "twofa recovery renew".

WHO MAY
Owner, provisioner, and the account's System Administrators; accounts are made,
named and given a country by owner and provisioner alone. Once 2FA is on, a
script needs a token made with --may contacts to change contact data, and never
touches System Administrators' addresses, or who is one: see "twofa help roles".
A document with any such change is refused whole (exit 4).
`;
