// What the topic operations shows is right: its commands exist, its rules watch what is measured, its units can be read.
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { alertRules, crontab, serviceUnits, systemdUnits } from '../../src/cli/topics/operations-units.ts';
import { helpTopic } from '../../src/cli/topics.ts';
import { metricNames, metricsOf } from '../../src/rules/metrics.ts';
import { nothing } from '../rules/measured.ts';
import { commandTree } from './every-command.ts';

/** The twofa commands of a line of shell, as their arguments. */
function commandsIn(line: string): string[][] {
  return [...line.matchAll(/(?:^|[\s;'/])twofa ([a-z][^>&|']*)/g)].map(([, words = '']) =>
    words.trim().split(/\s+/),
  );
}

const started = [...systemdUnits.matchAll(/^ExecStart=(.*)$/gm)].map(([, line = '']) => line);
const scheduled = crontab.split('\n').filter((line) => /^[*\d]/.test(line));

describe('the units', () => {
  test('and the crontab run the same three commands', () => {
    const expected = ['maintain', 'audit verify', 'metrics'];
    const named = (lines: string[]) =>
      lines.flatMap(commandsIn).map((words) => words.filter((word) => /^[a-z]/.test(word)).join(' '));
    expect(named(started)).toEqual(expected);
    expect(named(scheduled)).toEqual(expected);
  });

  test.each([...started, ...scheduled].flatMap(commandsIn).map((words) => [words.join(' '), words] as const))(
    'twofa %s is a command of this program',
    async (_, words) => {
      await expect(commandTree().parseAsync([...words], { from: 'user' })).resolves.toBeDefined();
    },
  );

  test('each service has its timer, and every line is a section or a setting', () => {
    const files = [...systemdUnits.matchAll(/^# \/etc\/systemd\/system\/(.*)$/gm)].map(
      ([, name = '']) => name,
    );
    const of = (end: string) =>
      files.filter((name) => name.endsWith(end)).map((name) => name.replace(end, ''));
    expect(of('.service')).toEqual(['twofa-maintain', 'twofa-verify', 'twofa-metrics']);
    expect(of('.timer')).toEqual(of('.service'));
    for (const line of systemdUnits.split('\n')) {
      expect(line).toMatch(/^$|^# |^\[(Unit|Service|Timer|Install)\]$|^[A-Z][A-Za-z]+=/);
    }
  });

  test('the crontab has five fields before each command', () => {
    for (const line of scheduled) expect(line).toMatch(/^(?:[*\d/]+ ){4}[*\d/]+ +[a-z]/);
  });
});

describe('the service', () => {
  const [socket = '', service = ''] = serviceUnits.split('\n# /etc/systemd/system/twofa.service\n');

  test('is started by its socket, as a command of this program that takes what systemd passes', async () => {
    const [words = []] = [...service.matchAll(/^ExecStart=(.*)$/gm)].flatMap(([, line = '']) =>
      commandsIn(line),
    );
    expect(words).toEqual(['serve']);
    await expect(commandTree().parseAsync([...words], { from: 'user' })).resolves.toBeDefined();
    expect(service).toContain('Requires=twofa.socket\n');
    expect(socket).toMatch(/^# \/etc\/systemd\/system\/twofa\.socket\n/);
    expect(socket.match(/^Listen.*$/gm)).toEqual(['ListenStream=/run/twofa.sock']);
  });

  test('every line is a section or a setting', () => {
    for (const line of serviceUnits.split('\n')) {
      expect(line).toMatch(/^$|^# |^\[(Unit|Socket|Service|Install)\]$|^[A-Z][A-Za-z]+=/);
    }
  });
});

describe('the rules for alerts', () => {
  interface Rule {
    alert: string;
    expr: string;
    annotations: { summary: string };
  }
  const rules = (parse(alertRules) as { groups: { rules: Rule[] }[] }).groups.flatMap(({ rules }) => rules);
  // Each metric has its samples only where it is of something.
  const measured = { ...nothing, standbyBehindMs: 0, done: { maintain: 1, prune: 1, checkpoint: 1 } };

  test('are several, each named once and explained', () => {
    expect(rules.length).toBeGreaterThan(8);
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { alert, annotations } of rules) {
      expect(alert).toMatch(/^Twofa[A-Z]/);
      expect(annotations.summary).toMatch(/[.?]$/);
    }
  });

  test('watch metrics that there are, by labels that these have', () => {
    const watched = rules.flatMap(({ expr }) => [...expr.matchAll(/\b(twofa_[a-z_]+)(?:\{([^}]*)\})?/g)]);
    expect(watched.length).toBeGreaterThan(8);
    for (const [, name = '', selector = ''] of watched) {
      expect(metricNames).toContain(name);
      const samples = metricsOf(measured).find((metric) => metric.name === name)?.samples ?? [];
      for (const [, label = '', value = ''] of selector.matchAll(/([a-z_]+)="([^"]*)"/g)) {
        expect(
          samples.map(({ labels }) => labels[label]),
          `${name} {${label}}`,
        ).toContain(value);
      }
    }
  });
});

test('the topic shows all of it', () => {
  const shown = helpTopic('operations') ?? '';
  for (const text of [systemdUnits, serviceUnits, crontab, alertRules]) {
    for (const line of text.split('\n')) expect(shown).toContain(line);
  }
});
