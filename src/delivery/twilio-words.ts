// Twilio's error codes in words: what went wrong with a message, and what to do about it.

const words: Record<number, string> = {
  14107: 'too many messages in a short time',
  20003: 'Twilio does not accept the credentials: check accountSid and the auth token',
  20005: 'the account at Twilio is not active',
  20008: 'these are test credentials of Twilio, which send nothing',
  20404:
    'Twilio does not know the account, or the sender is none of it: check accountSid and messagingServiceSid',
  20429: 'too many messages at once',
  21211: 'this is not a phone number',
  21212: 'the sender is not a phone number: correct sms.twilio.from',
  21408: 'text messages to this country are not enabled: enable it under Messaging Geo Permissions at Twilio',
  21603: 'the sender is missing: set sms.twilio.from',
  21606: 'the sender cannot send text messages to this number: correct sms.twilio.from',
  21608: 'a trial account at Twilio sends only to numbers that were verified there',
  21610: 'replied STOP; text START to the number that the codes come from',
  21611: 'too many messages are waiting at Twilio for this sender',
  21612: 'there is no way from the sender to this number',
  21614: 'this is not a mobile number',
  21617: 'the text is too long',
  21701: 'Twilio does not know the messaging service: correct sms.twilio.messagingServiceSid',
  21703: 'the messaging service has no number to send from',
  21704: 'the messaging service has no number to send from',
  30001: 'too many messages are waiting at Twilio',
  30002: 'the account at Twilio is suspended',
  30003: 'the phone cannot be reached: it is off, out of reach, or takes no text messages',
  30004: 'the message was blocked: the phone or its carrier takes none from this sender',
  30005: 'the number is unknown or no longer in service',
  30006: 'this is a landline, or its carrier cannot be reached',
  30007: 'the carrier filtered the message out as unwanted',
  30008: 'the carrier did not say why',
  30009: 'a part of the message got lost',
  30010: 'the message costs more than the account allows',
  30022: 'more messages than the carriers allow the registered campaign',
  30032: 'the toll-free sender is not verified: verify it at Twilio',
  30034: 'the sender is not registered for the United States (A2P 10DLC): register it at Twilio',
  30036: 'the code had expired before the message could be delivered',
  30410: 'the carrier did not answer in time',
  30450: 'Twilio blocked the message as fraud: see SMS pumping protection at Twilio',
  63038: "the account's limit of messages a day is reached",
};

/**
 * What an error code says, with the code itself, by which Twilio's own documentation can be found.
 * @param said Twilio's words, for a code that has none here.
 */
export function inTwilioWords(code: number | null, said: string | null): string {
  const known = code === null ? undefined : words[code];
  const text = known ?? said ?? 'Twilio gave no reason';
  return code === null ? text : `${text} (Twilio ${code})`;
}
