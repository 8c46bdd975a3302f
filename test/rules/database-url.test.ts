// No password of a database is shown, wherever in the URL it stands.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasPassword, withoutPassword } from '../../src/rules/database-url.ts';

describe('a URL', () => {
  test.each([
    ['sqlite:/var/lib/twofa/twofa.sqlite', 'sqlite:/var/lib/twofa/twofa.sqlite'],
    ['postgres://db.example/twofa', 'postgres://db.example/twofa'],
    ['postgres://twofa@db.example:5432/twofa', 'postgres://twofa@db.example:5432/twofa'],
    ['postgres://twofa:secret@db.example/twofa', 'postgres://twofa:•••@db.example/twofa'],
    ['postgres://twofa:se@cret@db.example/twofa', 'postgres://twofa:•••@db.example/twofa'],
    ['postgres:///twofa?host=/tmp&password=secret&user=x', 'postgres:///twofa?host=/tmp&password=•••&user=x'],
  ])('%s is shown as %s', (url, shown) => {
    expect(withoutPassword(url)).toBe(shown);
    expect(hasPassword(url)).toBe(url !== shown);
  });

  test('with any password is shown without it', () => {
    const password = fc.stringMatching(/^[A-Za-z0-9%_.~@:+-]{8,30}$/);
    fc.assert(
      fc.property(password, (secret) => {
        expect(withoutPassword(`postgres://twofa:${secret}@db.example/twofa`)).not.toContain(secret);
        expect(withoutPassword(`postgres://db.example/twofa?password=${secret}`)).not.toContain(secret);
      }),
    );
  });
});
