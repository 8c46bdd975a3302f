// The topic environment: the variables that twofa reads, and where its files are.
import { type Key, keys, variableOf } from '../config-values.ts';
import { paragraph, terms } from './layout.ts';

const settings: Record<Key, string> = {
  database: 'the store: sqlite:/var/lib/twofa/twofa.sqlite, or postgres://twofa@db.northside.example/twofa',
  databaseRead: 'a standby of PostgreSQL that status and lists are read from; sign-ins never are',
  keyFile: 'the file of the key, where it is not beside the configuration',
  keyCommand: 'a command that prints the key file, in its place, as a JSON list',
  domain: 'the domain of the web application, to which text messages bind a code',
  templates: 'a folder of words for messages in place of the usual ones: "twofa help messages"',
  'email.url': 'the mail server, such as smtp://mailer@mail.northside.example:587, or smtps://',
  'email.passwordFile': "a file that holds the mail server's password",
  'email.passwordCommand': 'a command that prints it, as a JSON list: ["program", "argument"]',
  'email.tls': 'required (unless told otherwise), optional or none',
  'email.from': 'the sender, such as Northside <no-reply@northside.example>',
  'email.perMinute': 'messages a minute that the mail server takes; a preview reckons with it',
  'sms.gateway': 'http or twilio; "twofa help sms" has both, with examples',
  'sms.http.method': 'GET, POST or PUT; unless set, POST where there is a body',
  'sms.http.url': "the gateway's URL, with placeholders such as {to} and {text}",
  'sms.http.body': 'what is sent to it, a form or JSON, with placeholders',
  'sms.http.contentType': 'what the body is, where its beginning does not tell',
  'sms.http.headers': 'headers of the request; the variable takes a JSON object',
  'sms.http.from': 'the sender, for {from}',
  'sms.http.passwordFile': "a file that holds the gateway's password, for {password}",
  'sms.http.passwordCommand': 'a command that prints it, as a JSON list',
  'sms.http.success': 'a pattern that the answer of a gateway matches when it took the message',
  'sms.http.messageId': 'a pattern whose group is the id of the message in the answer',
  'sms.twilio.accountSid': 'the account at Twilio, AC…',
  'sms.twilio.apiKey': 'an API key, SK…, whose secret stands in place of the auth token',
  'sms.twilio.authTokenFile': 'a file that holds the auth token',
  'sms.twilio.authTokenCommand': 'a command that prints it, as a JSON list',
  'sms.twilio.from': 'the number that text messages come from, such as +12015550100',
  'sms.twilio.messagingServiceSid': 'or the messaging service that chooses it, MG…',
  'sms.perMinute': 'messages a minute that the gateway takes; a preview reckons with it',
  'sms.textsPerUserPerDay': 'text messages a day that an account may have for each of its users',
};

export function environment(): string {
  return [
    'ENVIRONMENT: the variables that twofa reads\n\n',
    'Where the files are ("twofa config path" prints them):\n\n',
    terms([
      ['TWOFA_HOME', 'one folder for everything; the XDG folders do not count then'],
      ['XDG_CONFIG_HOME', 'holds twofa/ with config.yaml, profiles.json and key.json; unless set, ~/.config'],
      ['XDG_DATA_HOME', 'holds twofa/ with twofa.sqlite and outbox.ndjson; unless set, ~/.local/share'],
    ]),
    '\nFor whom a command runs, and on which account:\n\n',
    terms([
      ['TWOFA_TOKEN', 'the access token'],
      ['TWOFA_TOKEN_FILE', 'a file that holds it, and that others cannot write'],
      ['TWOFA_ACCOUNT', 'the KID of the account; -a beats it'],
    ]),
    '\n',
    paragraph(
      'The token is that of -p PROFILE, else TWOFA_TOKEN, else TWOFA_TOKEN_FILE, else the current profile. One that is set but bad is exit 4; the next is not tried.',
      2,
    ),
    '\nWhere requests go:\n\n',
    terms([
      ['TWOFA_URL', 'unix:/run/twofa.sock: to the service that listens there; unless set, to the store here'],
    ]),
    '\n',
    paragraph(
      'With TWOFA_URL this process opens neither key nor store, and what configures them does not count: the service has its own. "serve" is that service; "init", "db migrate" and whatever else works on key and store themselves is refused (exit 6, not-here).',
      2,
    ),
    '\nThe configuration, each in place of a key of config.yaml:\n\n',
    ...keys.map((key) => `  ${variableOf(key)}\n${paragraph(`${key}: ${settings[key]}`, 6)}`),
    '\n',
    paragraph(
      'A variable beats the file; --database beats both. "twofa config show" prints what is in effect.',
      2,
    ),
    '\nCompletion in a shell ("twofa completion bash"):\n\n',
    terms([
      [
        'TWOFA_COMPLETE_NAMES',
        '1: usernames and KIDs too, as your token may see them, where the store is SQLite on this machine',
      ],
    ]),
    '\nColour (only tables have any):\n\n',
    terms([
      ['NO_COLOR', 'set and not empty: none, as with --no-color'],
      ['FORCE_COLOR', 'colour also where there is no terminal; 0 or false: none'],
      ['CLICOLOR_FORCE', 'the same, where FORCE_COLOR is not set'],
      ['CLICOLOR', '0: none; TERM=dumb does the same'],
    ]),
    '\n',
    paragraph(
      'No variable changes a rule: attempts, lifetimes and the order of checks are the same everywhere ("twofa policy"). CI=true never counts as consent.',
    ),
  ].join('');
}
