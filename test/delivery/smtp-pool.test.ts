// Connections to a mail server that are kept for the messages that follow: never at the cost of one that is lost, or sent twice.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type MailerOptions, openMailer } from '../../src/delivery/smtp.ts';
import { textsOf } from '../../src/delivery/texts.ts';
import { type Move, mailServer, type ScriptedServer, scriptedServer, willing } from './mail-server.ts';
import { codeMessage, emailTo } from './messages.ts';

const ending: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

async function serving<T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> {
  const server = await starting;
  ending.push(() => server.close());
  return server;
}

function mailing(port: number, options?: MailerOptions) {
  const mailer = openMailer(emailTo(port), options);
  ending.push(() => mailer.close());
  const send = (to = 'jane@northside.example') => {
    const message = codeMessage({ to });
    return mailer.send(message, textsOf(message, null));
  };
  return { send, close: () => mailer.close() };
}

const accepted = { status: 'accepted', reason: null };
const address = (_: unknown, index: number) => `user-${index}@northside.example`;
const handedOver = (server: ScriptedServer) => server.heard.filter((line) => line === '.').length;

describe('a connection', () => {
  it('is kept for the next message', async () => {
    const server = await serving(mailServer());
    const { send } = mailing(server.port);
    const to = Array.from({ length: 5 }, address);
    for (const each of to) expect(await send(each)).toEqual(accepted);
    expect(server.connections).toBe(1);
    expect(server.received.map((each) => each.to)).toEqual(to.map((each) => [each]));
  });

  it('is one of ten at the most, however many messages there are at once', async () => {
    const server = await serving(mailServer());
    const { send } = mailing(server.port);
    const to = Array.from({ length: 60 }, address);
    const receipts = await Promise.all(to.map((each) => send(each)));
    expect(receipts.every(({ status }) => status === 'accepted')).toBe(true);
    expect(server.received.map((each) => each.to[0]).sort()).toEqual([...to].sort());
    expect(server.connections).toBe(10);
  });

  it('takes a hundred messages, then another does', async () => {
    const server = await serving(scriptedServer(willing));
    const { send } = mailing(server.port);
    for (let count = 0; count < 101; count++) expect(await send()).toEqual(accepted);
    expect(server.connections).toBe(2);
    expect(handedOver(server)).toBe(101);
    await vi.waitFor(() => expect(server.heard).toContain('QUIT'));
  });

  it('is ended by QUIT once it was of no use for a while', async () => {
    const server = await serving(scriptedServer(willing));
    const { send } = mailing(server.port, { idleMs: 20 });
    expect(await send()).toEqual(accepted);
    await vi.waitFor(() => expect(server.heard.at(-1)).toBe('QUIT'));
    expect(await send()).toEqual(accepted);
    expect(server.connections).toBe(2);
  });

  it('is ended by QUIT when delivery is closed', async () => {
    const server = await serving(scriptedServer(willing));
    const { send, close } = mailing(server.port);
    expect(await send()).toEqual(accepted);
    expect(server.heard).not.toContain('QUIT');
    await close();
    expect(server.heard.at(-1)).toBe('QUIT');
  });

  it('is kept when the server cannot take an address, which is told before anything is said', async () => {
    const server = await serving(scriptedServer(willing));
    const { send } = mailing(server.port);
    expect(await send()).toEqual(accepted);
    expect((await send('jürgen@northside.example')).reason).toContain('no SMTPUTF8');
    expect(await send()).toEqual(accepted);
    expect(server.connections).toBe(1);
  });
});

describe('a kept connection', () => {
  it('that the server has cut meanwhile costs no message, and none is sent twice', async () => {
    const server = await serving(mailServer());
    const { send } = mailing(server.port);
    expect(await send()).toEqual(accepted);
    server.hangUp();
    expect(await send('omar@northside.example')).toEqual(accepted);
    expect(server.received.map((each) => each.to[0])).toEqual([
      'jane@northside.example',
      'omar@northside.example',
    ]);
    expect(server.connections).toBe(2);
  });

  it('that all were cut of costs none of many messages at once', async () => {
    const server = await serving(mailServer());
    const { send } = mailing(server.port);
    const to = Array.from({ length: 20 }, address);
    await Promise.all(to.map((each) => send(each)));
    server.hangUp();
    await Promise.all(to.map((each) => send(each)));
    expect(server.received.map((each) => each.to[0]).sort()).toEqual([...to, ...to].sort());
  });

  it.each<[string, Move]>([
    ['MAIL', 'cut'],
    ['RCPT', 'cut'],
    ['DATA', 'cut'],
    ['MAIL', '421 too many messages by this connection'],
    ['RCPT', '451 later'],
    ['DATA', '421 closing'],
  ])('at whose %s the server answers %s is given up for a new one', async (word, move) => {
    let sent = 0;
    const server = await serving(
      scriptedServer((line, connection) => {
        if (line === '.') sent += 1;
        return connection === 1 && sent === 1 && line.startsWith(word) ? move : willing(line);
      }),
    );
    const { send } = mailing(server.port);
    expect(await send()).toEqual(accepted);
    expect(await send()).toEqual(accepted);
    expect(server.connections).toBe(2);
    expect(handedOver(server)).toBe(2);
  });

  it('that is dead without a sign of it leaves time for a new one', async () => {
    const server: ScriptedServer = await serving(
      scriptedServer((line, connection) => {
        const dead = connection === 1 && server.heard.includes('.') && line.startsWith('MAIL');
        return dead ? 'silence' : willing(line);
      }),
    );
    const { send } = mailing(server.port, { budgetMs: 3000 });
    expect(await send()).toEqual(accepted);
    expect(await send()).toEqual(accepted);
    expect(server.connections).toBe(2);
    expect(handedOver(server)).toBe(2);
  });

  it.each<Move>(['cut', 'silence'])(
    'by which a message may have gone out does not send it again: %s',
    async (move) => {
      const server: ScriptedServer = await serving(
        scriptedServer((line) => (line === '.' && handedOver(server) === 2 ? move : willing(line))),
      );
      const { send } = mailing(server.port, { budgetMs: 1000 });
      expect(await send()).toEqual(accepted);
      expect((await send()).status).toBe('unknown');
      expect(handedOver(server)).toBe(2);
      expect(await send()).toEqual(accepted);
      expect(server.connections).toBe(2);
    },
  );

  it('by which a recipient is refused for good does not ask again, and the next message goes out', async () => {
    const server = await serving(
      scriptedServer((line) =>
        line.includes('nobody@') && line.startsWith('RCPT') ? '550 no' : willing(line),
      ),
    );
    const { send } = mailing(server.port);
    expect(await send()).toEqual(accepted);
    expect(await send('nobody@northside.example')).toEqual({ status: 'undelivered', reason: '550 no' });
    expect(server.heard.filter((line) => line.includes('nobody@'))).toHaveLength(1);
    expect(await send()).toEqual(accepted);
  });
});

describe('a server that is slow with all connections', () => {
  it('leaves a message that found none in time undelivered, surely', async () => {
    const server = await serving(scriptedServer((line) => (line === 'DATA' ? 'silence' : willing(line))));
    const { send } = mailing(server.port, { budgetMs: 3000 });
    const receipts = await Promise.all(Array.from({ length: 12 }, address).map((each) => send(each)));
    expect(receipts.map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 'undelivered'));
    expect(receipts.map(({ reason }) => reason)).toContain('the mail server was busy with other messages');
    expect(handedOver(server)).toBe(0);
  });
});
