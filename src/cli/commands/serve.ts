// twofa serve
import type { Command } from 'commander';
import { TwofaError } from '../../errors.ts';
import type { Context, Run } from '../run.ts';
import type { Place } from '../socket.ts';

interface Options {
  socket?: string;
  socketMode: string;
  inFlight: string;
  log?: true;
}

const more = `
Only the user who runs it has the key and the store. Everybody else makes requests with
a token of their own:

  POST /requests   Authorization: Bearer twofa_…   Content-Type: application/json
  {"do": "login", "account": "10482", "user": "jane", "ip": "203.0.113.7"}

The answer is that of "twofa batch". GET /health takes no token. On the same host,
TWOFA_URL=unix:/run/twofa/twofa.sock makes twofa itself such a client.

Under systemd it takes the socket of its .socket unit in place of --socket. SIGTERM stops
it: what was begun is finished, within 30 seconds. Nothing that a request holds is logged;
with --log, each gets a line: its name, account, token's id, exit code and milliseconds.
"twofa help operations" has the units, "twofa help integrating" a client.`;

async function placeOf({ around }: Context, { socket, socketMode }: Options): Promise<Place> {
  const { passedSocket, socketModeOf } = await import('../socket.ts');
  const mode = socketModeOf(socketMode);
  const passed = passedSocket(around.env, process.pid);
  if (passed && socket !== undefined) {
    throw new TwofaError('usage', 'systemd passed a socket: --socket has no place beside it.', {
      hint: 'Leave --socket out of the unit.',
    });
  }
  if (passed) return passed;
  if (socket !== undefined) return { path: socket, mode };
  throw new TwofaError('missing-option', 'No socket was named.', {
    hint: 'Give --socket PATH, such as /run/twofa/twofa.sock.',
    details: { field: 'socket' },
  });
}

export function serve(program: Command, run: Run): void {
  program
    .command('serve')
    .description('carry out requests of many clients over a Unix socket')
    .option('--socket <path>', 'where it listens')
    .option('--socket-mode <mode>', 'who can connect: 600, 660 (its group) or 666', '660')
    .option('--in-flight <number>', 'how many requests at a time are worked on', '64')
    .option('--log', 'a line on standard error for each request')
    .addHelpText('after', more)
    .action(
      run(async (context, options: Options) => {
        context.reach.refuseClient();
        const { inFlightOf } = await import('../desk.ts');
        const inFlight = inFlightOf(options.inFlight);
        const place = await placeOf(context, options);
        const { serve } = await import('../serve.ts');
        await serve(context, { place, inFlight, log: options.log ?? false });
      }),
    );
}
