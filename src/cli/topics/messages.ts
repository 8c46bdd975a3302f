// The topic messages: in which language users are written to, and how an installation puts its own words in place of the usual ones.
export const messages = `MESSAGES: what codes, check words, announcements and notices say

LANGUAGE
English, or Spanish for users whose language is es:

  twofa user update USER --language es -a KID

'' takes it back. A roster can have a column language, and an export has it.

WORDS OF YOUR OWN
templates in config.yaml, or TWOFA_TEMPLATES, names a folder. Each file in it
stands in place of one part of one message in one language, and what has no file
keeps the usual words:

  KIND.email.LANGUAGE.subject.txt   one line
  KIND.email.LANGUAGE.txt           the text
  KIND.email.LANGUAGE.html          unless there is one, it is made of the text
  KIND.sms.LANGUAGE.txt             code and check-word alone

KIND is code, check-word, announcement or notice, LANGUAGE en or es. In HTML
values are escaped. These stand for values, in all of them:

  {account}  the account's name; in a text message cut, so that one segment
             holds all where that is possible
  {kid}      its KID
  {user}     the username of the reader

in code:

  {code}     needed, in the subject too: a phone's notification shows that
  {minutes}  how long it works

in check-word:

  {words}    needed, but not in the subject
  {days}     how long they can be confirmed

in announcement:

  {name}     the reader's own name
  {date}     when 2FA is turned on: "on Tuesday, March 3, 2026", or "soon"
  {email}    the masked address, or that none is known
  {phone}    likewise
  {ask}      the System Administrators who can be asked

in notice:

  {notice}   needed, but not in the subject: what was done, several lines
  {title}    the same in a few words
  {about}    the username of whom it is about

A file is refused, with line and column, for a placeholder that there is not;
for lacking what is needed; for anything that a mail program would load; and in
codes and check words for a link, since nobody is to learn to follow one. Files
and folder must be such that nobody else can change them. Names that begin with
"." or end with "~" or ".md" are left alone.

The last line of a text message with a code, @domain #code, is not of the
template: it is added where domain is configured. The characters á, í, ó and ú
are not in GSM-7: one of them makes a text message take two segments or more.

"twofa doctor" reads the templates, and says which take more than one segment.
For example, code.sms.en.txt:

  {code} is your Northside code. Only ever enter it yourself.
`;
