// The type of a number in E.164, by patterns made once from libphonenumber's own metadata: its answer without its parsing.
import { type CountryCode, Metadata, type NumberType } from 'libphonenumber-js/max';

/** What of the library's metadata its published types leave out. */
interface NumberingPlan {
  nationalPrefixForParsing(): string | undefined;
  nationalNumberPattern(): string;
  leadingDigits(): string | undefined;
  type(name: string): { pattern(): string; possibleLengths(): number[] | undefined } | undefined;
}

interface FullMetadata {
  hasCallingCode(code: string): boolean;
  selectNumberingPlan(countryOrCode: string): void;
  getCountryCodesForCallingCode(code: string): CountryCode[] | undefined;
  numberingPlan: NumberingPlan;
}

type Type = NonNullable<NumberType>;

/** In the order in which the library tries them; fixed lines come before all of them. */
const otherTypes = [
  ...(['MOBILE', 'PREMIUM_RATE', 'TOLL_FREE', 'SHARED_COST', 'VOIP'] as const),
  ...(['PERSONAL_NUMBER', 'PAGER', 'UAN', 'VOICEMAIL'] as const),
];

interface TypePattern {
  type: Type;
  pattern: RegExp;
  lengths: readonly number[] | undefined;
}

/** A country's numbers, without the calling code. */
interface CountryPatterns {
  /** Numbers that begin so are the country's own among those that share its calling code, valid or not. */
  leading: RegExp | null;
  general: RegExp;
  fixed: TypePattern | null;
  /** Whether its fixed lines cannot be told from its mobiles. */
  fixedOrMobile: boolean;
  others: readonly TypePattern[];
}

interface CallingCode {
  /** A number that begins so may be written with a national prefix, which the library takes off. */
  prefix: RegExp | null;
  countries: readonly CountryPatterns[];
}

const whole = (pattern: string) => new RegExp(`^(?:${pattern})$`);
const beginning = (pattern: string | undefined) => (pattern ? new RegExp(`^(?:${pattern})`) : null);

function typePattern(plan: NumberingPlan, type: Type): TypePattern[] {
  const found = plan.type(type);
  const pattern = found?.pattern();
  return pattern ? [{ type, pattern: whole(pattern), lengths: found?.possibleLengths() }] : [];
}

function countryPatterns(plan: NumberingPlan): CountryPatterns {
  const mobile = plan.type('MOBILE');
  return {
    leading: beginning(plan.leadingDigits()),
    general: whole(plan.nationalNumberPattern()),
    fixed: typePattern(plan, 'FIXED_LINE')[0] ?? null,
    // The metadata leaves out a pattern of mobiles that is that of fixed lines.
    fixedOrMobile: !mobile || mobile.pattern() === '',
    others: otherTypes.flatMap((type) => typePattern(plan, type)),
  };
}

/** The patterns of a calling code; null for none of a country, such as those of international free numbers. */
function patternsOf(code: string): CallingCode | null {
  const metadata = new Metadata() as unknown as FullMetadata;
  if (!metadata.hasCallingCode(code)) return null;
  const countries = metadata.getCountryCodesForCallingCode(code)?.filter((country) => /^[A-Z]/.test(country));
  if (!countries?.length) return null;
  metadata.selectNumberingPlan(code);
  const prefix = beginning(metadata.numberingPlan.nationalPrefixForParsing());
  return {
    prefix,
    countries: countries.map((country) => {
      metadata.selectNumberingPlan(country);
      return countryPatterns(metadata.numberingPlan);
    }),
  };
}

const known = new Map<string, CallingCode | null>();

/** The patterns of the calling code with which the digits begin, and the length of it. */
function callingCodeOf(digits: string): { patterns: CallingCode; length: number } | null {
  for (let length = 1; length <= 3; length += 1) {
    const code = digits.slice(0, length);
    let patterns = known.get(code);
    if (patterns === undefined) {
      patterns = patternsOf(code);
      known.set(code, patterns);
    }
    if (patterns) return { patterns, length };
  }
  return null;
}

function fits(number: string, { pattern, lengths }: TypePattern): boolean {
  return (lengths === undefined || lengths.includes(number.length)) && pattern.test(number);
}

function typeIn(country: CountryPatterns, number: string): Type | null {
  if (!country.general.test(number)) return null;
  if (country.fixed && fits(number, country.fixed)) {
    if (country.fixedOrMobile) return 'FIXED_LINE_OR_MOBILE';
    const [first] = country.others;
    return first?.type === 'MOBILE' && fits(number, first) ? 'FIXED_LINE_OR_MOBILE' : 'FIXED_LINE';
  }
  return country.others.find((each) => fits(number, each))?.type ?? null;
}

/**
 * The type of a valid number in E.164, as the library would give it.
 * @returns null where the library is to decide: for anything else, for what is not valid by the patterns, and where a
 * national prefix may stand in the number.
 */
export function typeByPatterns(text: string): Type | null {
  if (!/^\+[1-9][0-9]{6,14}$/.test(text)) return null;
  const digits = text.slice(1);
  const code = callingCodeOf(digits);
  if (!code) return null;
  const number = digits.slice(code.length);
  const { prefix, countries } = code.patterns;
  // A prefix that takes nothing off leaves the number as it is.
  if (prefix?.exec(number)?.[0]) return null;
  if (countries.length === 1) return countries[0] ? typeIn(countries[0], number) : null;
  for (const country of countries) {
    if (country.leading) {
      if (country.leading.test(number)) return typeIn(country, number);
      continue;
    }
    const type = typeIn(country, number);
    if (type !== null) return type;
  }
  return null;
}
