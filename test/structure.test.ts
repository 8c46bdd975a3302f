// How the source is laid out: imports run one way, rules are pure, SQL stays in the store, names say what a file is.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/** Files longer than this are two things. */
const linesMax = 400;

interface Source {
  path: string;
  text: string;
  imports: { from: string; types: boolean }[];
}

function filesOf(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)).replaceAll(sep, '/'))
    .sort();
}

/** The text without comments, so that a rule that is only spoken of is not taken for one that is broken. */
function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`\\])\/\/.*$/gm, '$1');
}

const importing =
  /(?:^|[\s;}])(?:import|export)\s+(type\s)?([^'";]*?)from\s*'([^']+)'|import\s*\(\s*'([^']+)'\s*\)|(?:^|\n)import\s+'([^']+)'/g;

/** Whether every name of a clause such as `{ type A, type B }` is a type. */
function onlyTypes(clause: string): boolean {
  const names = /^\{([\s\S]*)\}\s*$/.exec(clause.trim())?.[1]?.split(',') ?? [clause];
  return names.map((name) => name.trim()).every((name) => name === '' || name.startsWith('type '));
}

function importsOf(path: string, text: string): Source['imports'] {
  return [...withoutComments(text).matchAll(importing)].map((match) => {
    const [, type, clause = '', from, dynamic, bare] = match;
    const written = from ?? dynamic ?? bare ?? '';
    const target = written.startsWith('.')
      ? relative(root, resolve(root, path, '..', written)).replaceAll(sep, '/')
      : written;
    return { from: target, types: type !== undefined || (from !== undefined && onlyTypes(clause)) };
  });
}

function read(path: string): Source {
  const text = readFileSync(join(root, path), 'utf8');
  return { path, text, imports: importsOf(path, text) };
}

const sources = [...filesOf('src'), ...filesOf('migrations')].map(read);
const within = (folder: string) => sources.filter(({ path }) => path.startsWith(`${folder}/`));

/** The imports of a folder that nothing of the allowed ones covers, as `importer → imported`. */
function strays(of: readonly Source[], allowed: RegExp, types?: RegExp): string[] {
  return of.flatMap(({ path, imports }) =>
    imports
      .filter(({ from }) => /^(src|migrations)\//.test(from))
      .filter((each) => !allowed.test(each.from) && !(each.types && types?.test(each.from)))
      .map(({ from }) => `${path} → ${from}`),
  );
}

describe('this test sees imports of every kind', () => {
  const seen = (line: string) => importsOf('src/cli/x.ts', line);
  test.each([
    ["import { a } from './a.ts';", 'src/cli/a.ts', false],
    ["import type { A } from '../rules/a.ts';", 'src/rules/a.ts', true],
    ["import { type A, type B } from './a.ts';", 'src/cli/a.ts', true],
    ["import { type A, b } from './a.ts';", 'src/cli/a.ts', false],
    ["import {\n  a,\n  b,\n} from './a.ts';", 'src/cli/a.ts', false],
    ["export { a } from './a.ts';", 'src/cli/a.ts', false],
    ["export * from './a.ts';", 'src/cli/a.ts', false],
    ["const { a } = await import('./a.ts');", 'src/cli/a.ts', false],
    ["import './a.ts';", 'src/cli/a.ts', false],
    ["import a from 'knex';", 'knex', false],
  ])('%j', (line, from, types) => {
    expect(seen(line)).toEqual([{ from, types }]);
  });

  test('and all of the source', () => {
    expect(sources.length).toBeGreaterThan(100);
    expect(sources.flatMap((each) => each.imports).length).toBeGreaterThan(300);
  });
});

describe('imports run one way', () => {
  test('errors import nothing', () => {
    expect(read('src/errors.ts').imports).toEqual([]);
  });

  test('what store and command line do to new files imports nothing of the source', () => {
    expect(strays([read('src/new-file.ts')], /^$/)).toEqual([]);
  });

  test('rules import rules and errors', () => {
    expect(strays(within('src/rules'), /^src\/(rules\/|errors\.ts$)/)).toEqual([]);
  });

  test('actions import actions, rules and errors', () => {
    expect(strays(within('src/actions'), /^src\/(actions|rules)\/|^src\/errors\.ts$/)).toEqual([]);
  });

  test('the store imports rules, errors, new files and migrations, and of the actions types alone', () => {
    const allowed = /^src\/(store|rules)\/|^src\/(errors|new-file)\.ts$|^migrations\//;
    expect(strays(within('src/store'), allowed, /^src\/actions\//)).toEqual([]);
  });

  test('delivery imports rules and errors, and of the actions types alone', () => {
    const allowed = /^src\/(delivery|rules)\/|^src\/errors\.ts$/;
    expect(strays(within('src/delivery'), allowed, /^src\/actions\//)).toEqual([]);
  });

  test('migrations import nothing of the source', () => {
    expect(strays(within('migrations'), /^migrations\//)).toEqual([]);
  });

  test('nothing but the command line imports the command line', () => {
    const others = sources.filter(({ path }) => !path.startsWith('src/cli/') && path !== 'src/index.ts');
    const back = others.filter(({ imports }) => imports.some(({ from }) => from.startsWith('src/cli/')));
    expect(back.map(({ path }) => path)).toEqual([]);
  });

  /** Who of the command line knows the real parts: the one that puts them together, and what works on them as files. */
  const composing = [
    'src/cli/compose.ts', // puts the real parts together
    'src/cli/doctor.ts', // asks a store what it says of itself
    'src/cli/doctor-delivery.ts', // reads the installation's own words for messages
    'src/cli/installation.ts', // makes a store
    'src/cli/lost-key.ts', // opens a store whose key is lost
    'src/cli/restoring.ts', // prepares a copy of a store, which takes the place of the one that requests go to
    'src/cli/migration.ts', // brings a store to this version, which no operation can be asked of before
    'src/cli/grants.ts', // prints SQL
    'src/cli/topics/sizing.ts', // shows SQL
    'src/cli/config.ts', // reads what delivery is configured with
    'src/cli/config-values.ts',
    'src/cli/config-found.ts',
    'src/cli/config-sms.ts',
  ];

  test('of the command line, only what puts the parts together imports the store or delivery', () => {
    const others = within('src/cli').filter(({ path }) => !composing.includes(path));
    const known = others.filter(({ imports }) =>
      imports.some(({ from }) => /^src\/(store|delivery)\//.test(from)),
    );
    expect(known.map(({ path }) => path)).toEqual([]);
  });

  test('commands import no store, no delivery, no migrations', () => {
    const parts = /^(src\/(store|delivery)\/|migrations\/|knex$|better-sqlite3$|nodemailer$)/;
    const found = within('src/cli/commands').flatMap(({ path, imports }) =>
      imports.filter(({ from }) => parts.test(from)).map(({ from }) => `${path} → ${from}`),
    );
    expect(found).toEqual([]);
  });
});

describe('rules are pure', () => {
  const rules = within('src/rules');

  test.each([
    ['reads the clock', /\bDate\.now\b|\bnew Date\s*\(\s*\)|\bperformance\b|\bhrtime\b/],
    ['draws a random number', /Math\.random|randomBytes|randomInt|randomUUID|getRandomValues|randomFill/],
    // One that is given as an argument is what is asked for.
    ['looks at the process', /^(?![\s\S]*\(process: )[\s\S]*\bprocess\b|\bglobalThis\b|\bconsole\b/],
    ['waits', /\bsetTimeout\b|\bsetInterval\b|\bsetImmediate\b|\bfetch\s*\(/],
  ])('none %s', (_, forbidden) => {
    const found = rules.filter(({ text }) => forbidden.test(withoutComments(text)));
    expect(found.map(({ path }) => path)).toEqual([]);
  });

  test('none imports files, the network or processes', () => {
    const pure = /^(src\/|node:(crypto|zlib|net|url|util|buffer)$|[a-z])/;
    const io =
      /^(node:)?(fs|fs\/promises|child_process|os|http|https|http2|tls|dgram|dns|readline|worker_threads)$/;
    const found = rules.flatMap(({ path, imports }) =>
      imports.filter(({ from }) => !pure.test(from) || io.test(from)).map(({ from }) => `${path} → ${from}`),
    );
    expect(found).toEqual([]);
  });

  test('of node:net and node:crypto they take what computes', () => {
    const taken = rules.flatMap(({ text }) =>
      [...withoutComments(text).matchAll(/import\s*\{([^}]*)\}\s*from 'node:(net|crypto)'/g)].flatMap(
        ([, names = '']) => names.split(',').map((name) => name.trim().replace(/^type /, '')),
      ),
    );
    const computing = [
      'isIP',
      'isIPv4',
      'isIPv6',
      'createHash',
      'createHmac',
      'createSecretKey',
      'KeyObject',
      'hkdfSync',
      'timingSafeEqual',
      'hash',
    ];
    expect(taken.filter((name) => name !== '' && !computing.includes(name))).toEqual([]);
  });
});

describe('what is said in one place', () => {
  test('only the store and the migrations know knex and SQLite', () => {
    const knowing = sources.filter(({ imports }) =>
      imports.some(({ from }) => /^(knex|better-sqlite3)$/.test(from)),
    );
    const elsewhere = knowing
      .map(({ path }) => path)
      .filter((path) => !/^(src\/store|migrations)\//.test(path));
    expect(knowing.length).toBeGreaterThan(0);
    expect(elsewhere).toEqual([]);
  });

  test('and only they hold SQL', () => {
    const sql = /\b(SELECT\s.+\sFROM|INSERT INTO|UPDATE\s\w+\sSET|DELETE FROM|CREATE TABLE|PRAGMA)\s/;
    const found = sources.filter(({ text }) => sql.test(withoutComments(text))).map(({ path }) => path);
    expect(found.filter((path) => !/^(src\/store|migrations)\//.test(path))).toEqual([]);
  });

  test('only the command line and the library look at the environment', () => {
    const looking = sources.filter(({ text }) =>
      /\bprocess\.(env|argv|exit|stdout|stderr|stdin)\b/.test(withoutComments(text)),
    );
    const faces = /^src\/(cli\/|index\.ts$)/;
    expect(looking.map(({ path }) => path).filter((path) => !faces.test(path))).toEqual([]);
  });

  test('nothing but an interruption calls process.exit, which cuts off what is piped', () => {
    const exiting = sources.filter(({ text }) => /\bprocess\.exit\s*\(/.test(withoutComments(text)));
    expect(exiting.map(({ path }) => path).filter((path) => path !== 'src/cli/main.ts')).toEqual([]);
  });
});

describe('files', () => {
  const everywhere = [...sources, ...filesOf('test').map(read)];

  test('are named in kebab-case', () => {
    const names = everywhere.map(({ path }) => path.split('/').at(-1) ?? '');
    expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.d)?\.ts$/.test(name))).toEqual([]);
  });

  test('are named after what is in them', () => {
    const vague = /(^|[-/])(utils?|helpers?|common|managers?|shared|misc|base)([-./]|$)/;
    expect(everywhere.map(({ path }) => path).filter((path) => vague.test(path))).toEqual([]);
  });

  test('begin with a sentence that says what they decide or whom they talk to', () => {
    const silent = everywhere.filter(({ text }) => !/^\/\/ \S/.test(text)).map(({ path }) => path);
    expect(silent).toEqual([]);
  });

  test(`of the source have at most ${linesMax} lines`, () => {
    const long = sources.filter(({ text }) => text.trimEnd().split('\n').length > linesMax);
    expect(long.map(({ path }) => path)).toEqual([]);
  });

  test('export by name', () => {
    const anonymous = sources.filter(({ text }) => /^export default\b/m.test(text)).map(({ path }) => path);
    expect(anonymous).toEqual([]);
  });

  test("a command's path spells it", () => {
    const wrong = within('src/cli/commands').filter(({ path, text }) => {
      const spelled = path
        .replace(/^src\/cli\/commands\//, '')
        .replace(/\.ts$/, '')
        .replaceAll('/', ' ');
      return text.split('\n')[0] !== `// twofa ${spelled}`;
    });
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
});
