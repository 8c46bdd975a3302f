// The topic sms: how a gateway of text messages is configured, with an example for each kind.
export const sms = `SMS: how text messages go out

sms.gateway in config.yaml says how: by http, a request that you write down and
that fits most gateways, or by twilio. Each key also has a variable ("twofa help
environment"); "twofa doctor" tries the gateway, and with --send-test PHONE
sends a message.

HTTP
A template of one request. These stand for values, each encoded for where it
stands: in a URL's path or query, in a form, within the quotes of JSON.

  {to}            the number, such as +12015550123
  {toDigits}      the same without the plus sign
  {text}          the text
  {from}          sms.http.from
  {password}      what passwordFile or passwordCommand says
  {minutes}       how long the code works: the gateway is to give up then;
  {seconds}       likewise
  {milliseconds}  likewise
  {coding}        0 where GSM-7 can say the text, else 2
  {type}          text where GSM-7 can say the text, else unicode

A number, or {toDigits}, and {text} are needed, in the URL or the body. Headers
can hold {password} and {from}. The host can hold none. What is no secret goes
into the template as it is, a secret into a file with mode 600: "twofa config
show" hides what a URL's query, a body and headers say, and nothing more.

The message was taken when the answer's status is 2xx and, where success is set,
this pattern matches its body. messageId is a pattern whose group is the
gateway's id of the message. 429 and 5xx are tried again within ten seconds, as
is a gateway that cannot be reached. Where the request went out and no answer
came, it is unknown whether the message did: it is not sent twice. Redirects are
not followed. https:// wants a valid certificate; one of your own authority is
trusted when NODE_EXTRA_CA_CERTS names its file. No proxy is used.

Kannel: sendsms of its smsbox.

  sms:
    gateway: http
    http:
      url: "http://127.0.0.1:13013/cgi-bin/sendsms?username=twofa\\
        &password={password}&from={from}&to={to}&text={text}\\
        &charset=UTF-8&coding={coding}&validity={minutes}"
      from: "12015550100"
      passwordFile: /etc/twofa/sms-password
      success: "^(0|3): "

Vonage: its SMS API. A text of several parts has an answer for each; the first
decides.

  sms:
    gateway: http
    http:
      method: POST
      url: https://rest.nexmo.com/sms/json
      body: "api_key=a1b2c3d4&api_secret={password}&from={from}\\
        &to={toDigits}&text={text}&type={type}&ttl={milliseconds}"
      from: Northside
      passwordFile: /etc/twofa/sms-password
      success: '"messages":\\s*\\[\\s*\\{[^}]*"status":\\s*"0"'
      messageId: '"message-id":\\s*"([^"]+)"'

A gateway of your own that takes JSON and a bearer token. For a user and a
password by HTTP (Basic), keep the Base64 of user:password in the file and write
"Basic {password}".

  sms:
    gateway: http
    http:
      method: POST
      url: https://sms.internal.northside.example/v1/messages
      contentType: application/json
      headers: { Authorization: "Bearer {password}" }
      body: |
        {"recipient": "{to}", "sender": "{from}", "message": "{text}",
         "expiresInSeconds": {seconds}}
      from: Northside
      passwordCommand: [/usr/local/bin/secret, read, twofa/sms]
      success: '"state":\\s*"queued"'
      messageId: '"id":\\s*"([^"]+)"'

TWILIO
By Twilio's own library. What became of a message is asked for later, and told
by status and "lockouts show". In place of from, messagingServiceSid (MG...) can
choose the sender; with apiKey (SK...) the file holds that key's secret in place
of the account's auth token.

  sms:
    gateway: twilio
    twilio:
      accountSid: AC0123456789abcdef0123456789abcdef
      authTokenFile: /etc/twofa/twilio
      from: "+12015550100"

LIMITS
perMinute is how many messages the gateway takes a minute; previews reckon with
it. textsPerUserPerDay times its active users is how many text messages a day
an account may have; unless set there is no such limit.

  sms:
    perMinute: 60
    textsPerUserPerDay: 10
`;
