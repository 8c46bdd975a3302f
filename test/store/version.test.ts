// Whether a store and a program fit each other, by the migrations that the one has and the other knows.
import { describe, expect, test } from 'vitest';
import { migrationNames, oldestPrograms } from '../../migrations/names.ts';
import { isOlder, programVersion } from '../../src/rules/program-version.ts';
import { checkVersion, newestMigration, oldestProgram, unknownIn } from '../../src/store/version.ts';

describe('a store and a program', () => {
  const whole = { applied: migrationNames, oldestProgram: '0.1.0' };

  test('this program can use what it makes', () => {
    expect(isOlder(programVersion, oldestProgram(migrationNames))).toBe(false);
    expect(() =>
      checkVersion({ applied: migrationNames, oldestProgram: oldestProgram(migrationNames) }),
    ).not.toThrow();
  });

  test('every migration names the oldest program that can use a store that has it, in an order that never falls', () => {
    const programs = migrationNames.map((name) => oldestPrograms.get(name) ?? '');
    for (const program of programs) expect(program).toMatch(/^\d+\.\d+\.\d+$/);
    for (const [index, program] of programs.entries()) {
      expect(isOlder(program, programs[index - 1] ?? '0.0.0'), migrationNames[index]).toBe(false);
    }
  });

  test('one that is older than the store needs stops, whatever migrations it lacks', () => {
    expect(() => checkVersion({ applied: [], oldestProgram: '0.2.0' }, '0.1.9')).toThrow(
      'The store needs twofa 0.2.0 or newer; this is 0.1.9.',
    );
    expect(() => checkVersion({ ...whole, oldestProgram: '0.2.0' }, '0.2.0')).not.toThrow();
  });

  test('migrations of a newer program come last, and are known to be its', () => {
    const applied = ['900-later', ...migrationNames];
    expect(newestMigration({ applied })).toBe('900-later');
    expect(unknownIn({ applied })).toEqual(['900-later']);
    expect(() => checkVersion({ ...whole, applied })).not.toThrow();
  });
});
