// The patterns answer as the library does, or leave the answer to it.
import fc from 'fast-check';
import {
  type CountryCode,
  getCountries,
  getCountryCallingCode,
  Metadata,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/max';
import examples from 'libphonenumber-js/mobile/examples';
import { describe, expect, test } from 'vitest';
import { typeByPatterns } from '../../src/rules/phone-patterns.ts';

interface Plan {
  nationalNumberPattern(): string;
  type(name: string): { pattern(): string } | undefined;
}

const types = [
  ...['FIXED_LINE', 'MOBILE', 'PREMIUM_RATE', 'TOLL_FREE', 'SHARED_COST', 'VOIP'],
  ...['PERSONAL_NUMBER', 'PAGER', 'UAN', 'VOICEMAIL'],
];

/** The patterns of a country's numbers, of all types and of each. */
function patternsOf(country: CountryCode): string[] {
  const metadata = new Metadata() as unknown as {
    selectNumberingPlan(country: string): void;
    numberingPlan: Plan;
  };
  metadata.selectNumberingPlan(country);
  const { numberingPlan } = metadata;
  const each = types.flatMap((type) => numberingPlan.type(type)?.pattern() || []);
  return [numberingPlan.nationalNumberPattern(), ...each];
}

/** What the library says of a number in E.164: its type, and whether it leaves the number as it is written. */
function byLibrary(text: string): string | null {
  const parsed = parsePhoneNumberFromString(text, { defaultCountry: 'US', extract: false });
  const type = parsed?.getType();
  return parsed?.number === text && type !== undefined ? type : null;
}

/** The numbers of which the patterns say another thing than the library. */
function differences(numbers: readonly string[]): string[] {
  return numbers.filter((number) => {
    const type = typeByPatterns(number);
    return type !== null && type !== byLibrary(number);
  });
}

const seed = 20261124;

describe('the patterns and the library', () => {
  test.each(getCountries())('agree on numbers of %s', (country) => {
    const code = getCountryCallingCode(country);
    const numbers = patternsOf(country).flatMap((pattern, index) =>
      fc.sample(fc.stringMatching(new RegExp(`^(?:${pattern})$`)), { numRuns: 12, seed: seed + index }),
    );
    const lengths = [...new Set(numbers.map((number) => number.length))];
    const digits = fc
      .tuple(fc.constantFrom(...lengths), fc.maxSafeNat())
      .map(([length, number]) => String(number).padStart(length, '7').slice(-length));
    const any = fc.sample(digits, { numRuns: 200, seed });
    const all = [...numbers, ...any].map((number) => `+${code}${number}`);
    expect(differences(all)).toEqual([]);
    expect(all.filter((number) => typeByPatterns(number) !== null)).not.toEqual([]);
  });

  test('agree on any digits, up to lengths that are none', () => {
    const digits = fc.stringMatching(/^[0-9]{1,17}$/);
    fc.assert(
      fc.property(digits, (number) => {
        expect(differences([`+${number}`])).toEqual([]);
      }),
      { numRuns: 5000 },
    );
  });
});

test('a mobile number of any country is decided without the library', () => {
  const left = getCountries().filter((country) => {
    const national = examples[country];
    return national !== undefined && typeByPatterns(`+${getCountryCallingCode(country)}${national}`) === null;
  });
  expect(left).toEqual([]);
});

test.each(['2015550123', '+1 201 555 0123', '+0123456789', '+', '', '+1201555012٣', 'call +12015550123'])(
  '%j is left to the library',
  (text) => {
    expect(typeByPatterns(text)).toBeNull();
  },
);
