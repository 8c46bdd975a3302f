// twofa batch
import type { Command } from 'commander';
import type { Run } from '../run.ts';

const more = `
A request is a JSON object: "do" is the command with dots, the rest are its options in
camelCase, "id" is whatever you like and stands in the reply.

  {"id": 1, "do": "login", "account": "10482", "user": "jane", "ip": "203.0.113.7"}
  {"id": 1, "exit": 7, "result": {"result": "challenge", …}}

What fails has "error" in place of "result", as --json prints it. A line that is no
request gets a reply with exit 2, and the next one is read. Requests about one user take
effect and are answered in their order, the others as they are ready; so many at a time
share what it takes to make them durable. A reply is written when its effect is durable.

The end of the input ends it, exit 0, once all are answered. SIGTERM and Ctrl-C (exit
130) do the same without reading on: what has no reply was not begun. "twofa help
integrating" shows how an application uses it.

With TWOFA_URL it sends each request to the service when its turn has come; there what
waits for a mail server counts among those in flight.`;

export function batch(program: Command, run: Run): void {
  program
    .command('batch')
    .description('carry out requests from standard input, one JSON object a line')
    .option('--ordered', 'write the replies in the order of the requests')
    .option('--in-flight <number>', 'how many at a time are worked on', '64')
    .addHelpText('after', more)
    .action(
      run(async (context, options: { ordered?: true; inFlight: string }) => {
        const { runBatch } = await import('../batch.ts');
        const { inFlightOf } = await import('../desk.ts');
        const inFlight = inFlightOf(options.inFlight);
        await runBatch(context, { ordered: options.ordered ?? false, inFlight });
      }),
    );
}
