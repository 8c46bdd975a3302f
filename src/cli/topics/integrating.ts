// The topic integrating: what an application has to do with each answer of login, code send and code verify.
import { csharpClient, pythonClient } from './integrating-examples.ts';
import { indented } from './layout.ts';

const answers = `INTEGRATING: how an application asks for the second factor

The application checks username and password itself. Only when both are right
does it ask twofa, with a token of its own:

  twofa token create --role application --app platform

Give it to the application as TWOFA_TOKEN, or in a file by TWOFA_TOKEN_FILE.
The token names the application, so that --app can be left out. A sign-in is:

  1. twofa login --ip IP --json -a KID -- USER
  2. exit 7: the user chooses one of the methods, then
     twofa code send --via email --ip IP --request-id ID --json -a KID -- USER
  3. the user enters the code; write it to the standard input of
     twofa code verify --ip IP --request-id ID --json -a KID -- USER

THE ONE RULE. Let the user in only when the exit code is 0 and the document on
stdout says "granted" (login) or "verified" (code verify). Everything else is
DENY: another exit code, a signal, a timeout, an empty or unreadable answer, a
program that does not start. If twofa cannot be reached, nobody gets in.

LOGIN
  0   granted, trusted-location  Let the user in; no code is needed until
                                 trustedUntil at this location.
  0   granted, not-enabled       Let the user in: 2FA is not on for the account.
  7   challenge                  Ask for a code. Show the methods as they are
                                 (masked); send nothing before the user chose.
      first                        the user has never verified a code
      new-location                 another IP address than before
      trust-expired                seven days have passed
      trust-ended                  contact data changed, a lock, forgotten
  9   locked                     Deny. Say: "Your sign-in is locked. Your System
                                 Administrator can reactivate it." Send nobody
                                 to Customer Care: it is prohibited from that.
  9   inactive                   Deny, in the words for a wrong password.

CODE SEND
  0   sent                       Say where it went (to) and that it works for
                                 15 minutes. It may be late or lost: offer to
                                 send another. Codes sent before work as well.
  6   too-many-codes             Five codes are outstanding: have one entered.
                                 details.retryAt says when to ask again.
  6   channel-unavailable        Offer the other method.
  6   delivery-not-configured    Offer the other method; tell your operators.
  6   not-enabled                Begin again with login.
  9   user-locked, user-inactive As for login.
  10  delivery-failed            The code is ended. Offer the other method
                                 (details.otherChannel), or to try again.

CODE VERIFY
  0   verified                   Let the user in. trustedUntil is null where the
                                 location is never trusted (loopback).
  8   rejected                   Deny; the attempt is used. Say how many are
                                 left (attemptsLeft) and let the user try again.
      wrong                        another code than the outstanding ones
      expired                      it was a code; offer to send another
      used                         it has signed the user in already
      none                         no code is outstanding; offer to send one
  9   locked                     Deny: this was the seventh failure, or the user
                                 was locked before. As for login.
  9   inactive                   Deny, as for login.
  6   not-enabled                Begin again with login. Nothing was used.

ROLLCALL CONFIRM (before 2FA is on, where your application offers it)
  A user enters the two words of the roll call's message; write them to the
  standard input of
     twofa rollcall confirm --via sms --json -a KID -- USER
  0   confirmed                  Messages by this channel reach the user. It
                                 signs nobody in.
  8   rejected                   Have them look again (triesLeft), or ask their
                                 System Administrator for other words.
  6   already-enabled            2FA is on: stop offering it.

ANY OF THEM (on stderr: {"error": {"code", "message", "hint", "details"}})
  2   invalid-input              Deny. What is not six digits uses no attempt:
                                 let the user correct it. Anything else is a
                                 fault of the application.
  2   request-id-reused          Deny. Make a new id for every new request.
  4   not permitted              Deny. The token is wrong, expired or revoked:
                                 alert your operators.
  5   not found                  Deny, in the words for a wrong password. The
                                 rosters differ: alert your operators.
  11  store unavailable          Deny; "try again in a minute". Alert.
  1, 130, any other              Deny. Alert.

THE ADDRESS. --ip is the client's address, since it decides for seven days
whether a code is asked for. Behind a proxy it is not the proxy's: take it from
the header that your own proxy sets, and only the entry that this proxy wrote;
the client can write the others. If you do not know it, deny.

TIMEOUTS AND REPEATS. Give login and code verify 35 seconds, code send 45: the
store waits for at most 30, delivery for 10. After a timeout deny, and ask again
with the same --request-id: a repeat by the same user within 15 minutes gets the
recorded answer, sends nothing, compares nothing and uses no attempt. The
application makes the id, at random, a new one for each code asked for and each
code entered. It never comes from the browser: whoever repeats the id of a
verified request is answered "verified", whatever code they give. login needs
no id.

CODES go by standard input, never as an argument, which every user of the
machine can read. Never write a code to a log, a URL, an error report or a
metric, nor standard input or the messages sent. In your own forms:
<input autocomplete="one-time-code" inputmode="numeric">.

WHO IS LOCKED is not to be told apart before the password was right: call twofa
only then. Before that, wrong password, unknown, locked and inactive users look
alike, in words and in time. Limit password guesses yourself; twofa counts codes
and nothing else.

STARTING THE PROGRAM. Pass arguments as a list, never through a shell. The user
comes last, after "--", so that no name reads as an option. Use USER's id
(usr_17) where you have it: it never changes. Attempts are counted over all
applications together; never count or cache an answer yourself, and ask login
at each sign-in, not only once in seven days.
`;

const doors = `
MANY SIGN-INS. A process for each of these commands does for some a minute. For
more, start twofa once, or have it run as a service. Requests, answers and exit
codes are the same:

  {"id": 7, "do": "code.verify", "account": "10482", "user": "jane",
   "ip": "203.0.113.7", "code": "123456", "requestId": "91be44"}
  {"id": 7, "exit": 8, "result": {"result": "rejected", "why": "wrong", …}}

"do" is the command with dots, the rest its options in camelCase, "id" whatever
you like; what fails has "error" in place of "result". So a code stands in no
argument. Requests about one user take effect and are answered in their order,
whether they name the username or the id; requests about several users, or a
whole account, wait for those about its users before them, and the other way
round. Where it matters otherwise, wait for the answer. No request waits for the
mail server of another user's.

  twofa batch -p platform

reads a request a line (JSON in UTF-8, at most 4 MiB; blank ones are passed
over) and writes a reply a line, as each is ready; with --ordered in the order
of the requests. It is for an application that starts it and keeps both pipes
open. Read the replies while you write: it stops reading while 64 are worked on
(--in-flight), or while nobody takes the replies. Those that wait for a mail
server do not count among the 64; of them, and of replies not taken, there may
be 10000. A reply is written when its effect is durable. After SIGTERM, what has
no reply was not begun; after a kill, ask again with the same requestId.

  twofa serve --socket /run/twofa/twofa.sock

is for many clients on one host, each with a token of its own:

  POST /requests
  Authorization: Bearer twofa_…
  Content-Type: application/json

The status is 200 whatever the verdict: look at "exit". 400, 401, 404, 405, 413
and 415 are faults of the client, with a reply that says which; 503 has
Retry-After: nothing was done, ask again. "notices" are lines for a person.
"twofa help operations" has the units for systemd.

PYTHON, by the service:

`;

export const integrating: string = [
  answers,
  doors,
  indented(pythonClient),
  '\nC# (.NET 6 and later), by the service; decide as above:\n\n',
  indented(csharpClient),
].join('');
