// What is wrong with a file, by its mode, owner and group, and the commands that mend it.
import { describe, expect, test } from 'vitest';
import { mendingOf, othersCanAccess, othersCanWrite, type Protection } from '../../src/rules/file-mode.ts';

const caller = { uid: 1000, gid: 1000 };
const own = (mode: number, more: { uid?: number; gid?: number } = {}) => ({
  mode,
  uid: 1000,
  gid: 1000,
  ...more,
});

describe('what mends a file', () => {
  test.each<[Protection, number, string[]]>([
    ['private', 0o600, []],
    ['private', 0o640, []],
    ['private', 0o604, ['chmod 600']],
    ['private', 0o602, ['chmod 600']],
    ['unwritable', 0o644, []],
    ['unwritable', 0o664, []],
    ['unwritable', 0o646, ['chmod go-w']],
    ['folder', 0o755, []],
    ['folder', 0o757, ['chmod go-w']],
    ['folder', 0o1777, []],
  ])('that is to be %s and has mode %o', (protection, mode, commands) => {
    expect(mendingOf(own(mode), caller, protection)).toEqual(commands);
  });

  test('whose group may have members is to be closed to it', () => {
    expect(mendingOf(own(0o640, { gid: 50 }), caller, 'private')).toEqual(['chmod 600']);
    expect(mendingOf(own(0o775, { gid: 50 }), caller, 'folder')).toEqual(['chmod go-w']);
  });

  test('that belongs to somebody else is to be had back first', () => {
    expect(mendingOf(own(0o600, { uid: 1001 }), caller, 'private')).toEqual(['chown 1000']);
    expect(mendingOf(own(0o666, { uid: 1001 }), caller, 'private')).toEqual(['chown 1000', 'chmod 600']);
    expect(mendingOf(own(0o1777, { uid: 1001 }), caller, 'folder')).toEqual(['chown 1000']);
  });

  test('that belongs to root may stay there', () => {
    expect(mendingOf(own(0o644, { uid: 0, gid: 0 }), caller, 'unwritable')).toEqual([]);
    expect(mendingOf(own(0o644, { uid: 0, gid: 0 }), caller, 'private')).toEqual(['chmod 600']);
  });

  test('is nothing where the system knows no owners', () => {
    expect(mendingOf(own(0o777, { uid: 7 }), null, 'private')).toEqual([]);
  });

  test('is something exactly where others can read or change it', () => {
    for (const uid of [0, 1000, 1001]) {
      for (const gid of [1000, 50]) {
        for (let mode = 0; mode <= 0o777; mode += 1) {
          const file = own(mode, { uid, gid });
          expect(mendingOf(file, caller, 'private').length > 0).toBe(othersCanAccess(file, caller));
          expect(mendingOf(file, caller, 'unwritable').length > 0).toBe(othersCanWrite(file, caller));
        }
      }
    }
  });
});
