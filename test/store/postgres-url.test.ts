// URLs of PostgreSQL databases: hosts, TLS, and what is refused without a password being repeated.
import { describe, expect, test } from 'vitest';
import { readPostgresUrl } from '../../src/store/postgres-url.ts';

describe('hosts', () => {
  test.each([
    ['postgres://db.example/twofa', [{ host: 'db.example', port: 5432 }]],
    ['postgresql://twofa@db.example:6432/twofa', [{ host: 'db.example', port: 6432 }]],
    ['postgres://[::1]:5433/twofa', [{ host: '::1', port: 5433 }]],
    ['postgres:///twofa', [{ host: 'localhost', port: 5432 }]],
    ['postgres://%2Fvar%2Frun%2Fpostgresql/twofa', [{ host: '/var/run/postgresql', port: 5432 }]],
    ['postgres:///twofa?host=/var/run/postgresql', [{ host: '/var/run/postgresql', port: 5432 }]],
    [
      'postgres://a.example,b.example:6432/twofa',
      [
        { host: 'a.example', port: 5432 },
        { host: 'b.example', port: 6432 },
      ],
    ],
  ])('of %s', (url, hosts) => {
    expect(readPostgresUrl(url).hosts).toEqual(hosts);
  });

  test('of several, only the primary will do, unless it is said that any will', () => {
    const several = 'postgres://a.example,b.example/twofa';
    expect(readPostgresUrl('postgres://a.example/twofa').readWrite).toBe(false);
    expect(readPostgresUrl('postgres://a.example/twofa?target_session_attrs=read-write').readWrite).toBe(
      true,
    );
    expect(readPostgresUrl(several).readWrite).toBe(true);
    expect(readPostgresUrl(`${several}?target_session_attrs=any`).readWrite).toBe(false);
  });
});

test('user, password and database are decoded', () => {
  expect(readPostgresUrl('postgres://two%40fa:s%3Ae%2Fcret@db.example/two%20fa')).toMatchObject({
    user: 'two@fa',
    password: 's:e/cret',
    database: 'two fa',
  });
  expect(readPostgresUrl('postgres://db.example/twofa')).toMatchObject({
    user: undefined,
    password: undefined,
  });
});

describe('TLS', () => {
  const host = { host: 'db.example', port: 5432 };
  const tls = (query: string, to = host) => readPostgresUrl(`postgres://db.example/twofa${query}`).tls(to);

  test('another machine has to prove who it is, unless told otherwise', () => {
    expect(tls('')).toEqual({ rejectUnauthorized: true });
    expect(tls('?sslmode=verify-full')).toEqual({ rejectUnauthorized: true });
    expect(tls('?sslmode=require')).toEqual({ rejectUnauthorized: false });
    expect(tls('?sslmode=disable')).toBe(false);
  });

  test.each(['127.0.0.1', 'localhost', '::1', '/var/run/postgresql'])(
    '%s is this machine, and needs none',
    (name) => {
      expect(tls('', { host: name, port: 5432 })).toBe(false);
      expect(tls('?sslmode=verify-full', { host: name, port: 5432 })).toEqual({ rejectUnauthorized: true });
    },
  );
});

describe('refused, without the password in the error', () => {
  test.each([
    ['postgres://twofa:secret@db.example', 'is no URL of a database'],
    ['postgres://twofa:secret@db.example/twofa?sslmode=prefer', 'sslmode'],
    ['postgres://twofa:secret@db.example/twofa?sslmod=disable', 'an option that is not known: sslmod'],
    ['postgres://twofa:secret@db.example/twofa?target_session_attrs=standby', 'target_session_attrs'],
    ['postgres://twofa:secret@db.example:99999/twofa', 'a host that is none'],
    ['postgres://twofa:secret@db.example/twofa?sslrootcert=/nowhere/ca.pem', 'sslrootcert'],
    ['postgres://twofa:secret%@db.example/twofa', 'a "%"'],
  ])('%s', (url, problem) => {
    const read = () => readPostgresUrl(url);
    expect(read).toThrow(problem);
    expect(read).toThrow(expect.objectContaining({ code: 'invalid-configuration', exit: 2 }));
    expect(read).not.toThrow('secret');
  });
});
