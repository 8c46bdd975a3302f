// The topic faq: the questions that are asked most, each answered by a command.
export const faq = `FAQ: answers as commands (10482 is an account's KID, jane one of its users)

HOW DO I ENABLE 2FA?
  As a System Administrator of the account:
    twofa checklist -a 10482             what is missing, and how to mend it
    twofa checklist --fix -a 10482       mends it, one user after the other
    twofa enable --preview -a 10482      what it will mean; changes nothing
    twofa enable -a 10482                asks you to type the KID; from scripts:
    twofa enable --confirm 10482 -a 10482

HOW DO I KNOW THAT EVERYONE WILL GET THEIR CODES?
  Hold a roll call before you turn it on. Each user is sent two plain words by
  email and two by text message, and tells them in the application or to you:
  that proves that messages arrive. Nobody can sign in with them.
    twofa rollcall start -a 10482        at a bounded rate; can be interrupted
    twofa rollcall confirm jane --via sms -a 10482
    twofa rollcall status -a 10482       who is reachable, who not, and why
    twofa announce --on 2027-01-31 -a 10482
  The last one tells every user by email what will happen.

IS ENABLING IT MANDATORY?
  Yes. Accounts without it are overdue, with the days since they were created:
    twofa account list --overdue

CAN IT BE DISABLED?
  No, by nobody, and the database refuses it too.
    twofa disable                        says so, and ends with 6

CAN IT BE ENABLED FOR SELECTED PRACTICES ONLY?
  No. It is on for the whole account: all practices and all users.
    twofa enable --preview -a 10482      names every practice and its users

HOW IS A USER'S EMAIL OR MOBILE NUMBER UPDATED?
  At any time, by a System Administrator of the account:
    twofa user update jane --email jane@northside.example -a 10482
    twofa user update jane --phone '+1 201 555 0124' -a 10482
  It ends the user's codes and trusted locations, so that the next sign-in asks
  for a code. It gives no attempt back and lifts no lock. Once 2FA is on, the
  owner and provisioners need a token made with --may contacts, and can never
  change a System Administrator's. See: twofa help roles

HOW DOES A USER SIGN IN?
  With username and password in the application, which then asks twofa:
    twofa login jane --ip 203.0.113.7 --app platform -a 10482
    twofa code send jane --via email --app platform -a 10482
    twofa code verify jane --ip 203.0.113.7 --app platform -a 10482
  The user chooses email or sms (a text message) and enters the code that
  arrives. See: twofa help integrating

HOW OFTEN IS A CODE ASKED FOR?
  Every 7 days at the same IP address, over all applications. A different IP
  address asks again.
    twofa location list jane -a 10482    which are trusted, and until when
    twofa location forget jane -a 10482  the next sign-in asks for a code

HOW MANY ATTEMPTS DOES A USER HAVE?
  7, over all applications together: 3 failures in the Platform leave 4 in the
  Desktop Application. A success resets them to 7; a new code, a new sign-in or
  time do not.
    twofa status jane -a 10482           shows the attempts left

CAN THE NUMBER OF ATTEMPTS BE CHANGED?
  No. No option, variable, setting or role does.
    twofa policy

WHAT HAPPENS WHEN THEY ARE USED UP?
  The user is locked everywhere; time does not unlock, and right codes are
  refused too. Customer Care is prohibited from reactivating: a System
  Administrator of the user's account does it.
    twofa lockouts -a 10482
    twofa lockouts show jane -a 10482    how it came about, what it looks like
    twofa reactivate jane --reason 'mistyped, called back' -a 10482
  Where it looks like guessing, somebody else seems to know the password. Have
  it changed in the product, then say so:
    twofa reactivate jane --reason 'new password' --password-changed -a 10482

ANOTHER PRACTICE'S ADMINISTRATOR ENABLED IT. WHY DOES IT AFFECT MINE?
  2FA is turned on for a whole account, whichever practice's System
  Administrator did it. Who it was, and when:
    twofa account show -a 10482
    twofa audit list --action account.enabled -a 10482

CAN USERS SHARE A PHONE NUMBER?
  Yes, but it is advised against: one reads the other's codes. Emails must be
  unique among the active users of an account. The checklist names both:
    twofa checklist -a 10482             email-unique, phone-shared

DO CODES EXPIRE?
  After 15 minutes, or as soon as one is verified. Of several that were asked
  for, any works; at most 5 are outstanding.
    twofa status jane -a 10482           how many are outstanding
`;
