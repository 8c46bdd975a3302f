// The topic operations: what to run by the clock, what to watch, and how to upgrade.
import { indented, paragraph } from './layout.ts';
import { alertRules, crontab, serviceUnits, systemdUnits } from './operations-units.ts';

export function operations(): string {
  return [
    'OPERATIONS: what to run by the clock, what to watch, how to upgrade\n\n',
    paragraph(
      'Two commands are for the clock: "maintain" every few minutes, and "audit verify" as often as the whole trail may be read. Both take an owner\'s token, best one of their own, which "token rotate" replaces before it ends:',
    ),
    '\n  twofa token create --role owner --name maintenance --expires 365d\n\n',
    'SYSTEMD\n',
    paragraph(
      'The folders are those of an installation whose user is twofa: adapt them to what "twofa config path" prints. Each part goes into the file that it names; the hardening of the first is right for the others too. Then: systemctl enable --now twofa-maintain.timer twofa-verify.timer twofa-metrics.timer',
    ),
    `\n${indented(systemdUnits)}\n`,
    'THE SERVICE\n',
    paragraph(
      'With "serve", key and store belong to the user twofa alone, and everybody else on the host is a client, by TWOFA_URL=unix:/run/twofa.sock and a token of their own. The socket is made by systemd, which starts the service with the first request, and keeps clients waiting while it is started anew. Members of the group twofa can connect; what they may do is decided by their tokens. Then: systemctl enable --now twofa.socket',
    ),
    `\n${indented(serviceUnits)}\n`,
    paragraph(
      'Type=exec, since Node.js has no datagram sockets for sd_notify: a client waits at the socket until the service is there. SIGTERM (systemctl stop, restart) lets it finish what was begun, within 30 seconds. "curl --unix-socket /run/twofa.sock http://localhost/health" takes no token.',
    ),
    '\nCRON\n',
    paragraph('In the crontab of the user that twofa runs as, in place of the above:'),
    `\n${indented(crontab)}\n`,
    'METRICS\n',
    paragraph(
      '"twofa metrics" prints what Prometheus reads; the unit above puts it where a node exporter with --collector.textfile.directory finds it. Numbers are of the whole installation: no label names an account, a user or an address. Rules for alerts:',
    ),
    `\n${indented(alertRules)}\n`,
    'HEALTH\n',
    paragraph(
      'For a load balancer: exit 0 when store and key can be used, else 11. It takes no token and writes nothing.',
    ),
    '\n  twofa health --json\n\n',
    'YEARS\n',
    paragraph(
      'Codes, recorded answers, old messages and ended locations are removed by "maintain" once an hour; users, tokens and the trail are kept for ever. "db status" says what the store takes, table by table.',
    ),
    '\n  twofa db status\n  twofa db prune --dry-run\n\n',
    'BACKUPS\n',
    paragraph(
      'Daily, to a disk of another machine, with an export of the trail more often; the key is in neither, and is kept elsewhere. On PostgreSQL "db backup" prints the commands of the server, and ends with 6, since it made none. How to restore is in "twofa db restore --help": stop the applications first.',
    ),
    '\n  twofa db backup /var/backups/twofa/2026-03-01.sqlite\n',
    '  twofa audit export --file /var/backups/twofa/2026-03-01-14.ndjson\n',
    "  twofa db restore FILE --replay EXPORT --accept --reason 'the disk failed'\n\n",
    'UPGRADES\n',
    paragraph(
      'A new twofa says when a store has to be brought to its version (exit 11), and only this does it, by the key and without a token:',
    ),
    '\n  twofa db migrate --dry-run\n  twofa db migrate\n\n',
    paragraph(
      'Hosts that still run the release before go on meanwhile, unless the changelog says otherwise; a program that is too old for the store stops, and says so. On PostgreSQL two roles keep the program from changing tables, triggers and the trail:',
    ),
    '\n  twofa db grants --owner twofa_owner --program twofa\n\n',
    'FROM SQLITE TO POSTGRESQL\n',
    paragraph(
      'The source is sealed first, and answers exit 11 (store-moved) from then on, also to programs that have it open; the copy counts once all of it was compared and verified. What stops in the middle leaves nothing in the database: the same command again goes on, and --undo takes the seal off. Try it before with a copy of the file and the key in another home: sign-ins wait for as long as it takes, and until every host has the new URL.',
    ),
    '\n  twofa db copy postgres://twofa_owner@db.northside.example/twofa\n',
  ].join('');
}
