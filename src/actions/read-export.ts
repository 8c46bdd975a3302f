// Reads an export of the trail that goes on where the store ends: each line is of this store, and none of them was changed.
import * as v from 'valibot';
import { TwofaError } from '../errors.ts';
import { type ChainPosition, type EventBody, nextLink } from '../rules/chain.ts';
import type { Keyring } from '../rules/keyring.ts';
import { Replay } from '../rules/replay.ts';
import type { ExportedEvent, Reading } from './store.ts';

/** An export, which can be read more than once. */
export interface AuditExport {
  /** What it is called. */
  name: string;
  lines(): AsyncIterable<string>;
}

const whole = v.pipe(v.number(), v.safeInteger());
const shape = v.object({
  seq: whole,
  subject: v.string(),
  place: whole,
  at: whole,
  actor: v.string(),
  role: v.string(),
  tokenId: v.nullable(whole),
  action: v.string(),
  account: v.nullable(v.string()),
  user: v.nullable(v.string()),
  outcome: v.string(),
  details: v.string(),
  keyId: v.string(),
  link: v.string(),
});

/** Events of the store that are held in memory at a time. */
const pageSize = 1000;

/** What the store itself has of an export, in the order of the trail. */
class Overlap {
  #page: ExportedEvent[] = [];
  #next = 0;
  #after: number;
  readonly #tables: Reading;
  readonly #until: number;

  constructor(tables: Reading, after: number, until: number) {
    this.#tables = tables;
    this.#after = after;
    this.#until = until;
  }

  /** The next event of the store, or null where it ends. */
  async next(): Promise<ExportedEvent | null> {
    if (this.#next === this.#page.length) {
      this.#page = await this.#tables.exported({ after: this.#after, until: this.#until, limit: pageSize });
      this.#next = 0;
    }
    const event = this.#page[this.#next] ?? null;
    this.#next += 1;
    if (event) this.#after = event.seq;
    return event;
  }
}

function sameEvent(a: ExportedEvent, b: ExportedEvent): boolean {
  return (Object.keys(shape.entries) as (keyof ExportedEvent)[]).every((name) => a[name] === b[name]);
}

export interface ReadingExport {
  tables: Reading;
  keyring: Keyring;
  /** The newest event of the store that the export is to go on from. */
  base: number;
  /** Whether events are numbered without a gap, so that a missing line is seen. */
  gapless: boolean;
  progress?: ((events: number) => void) | undefined;
}

class ExportReader {
  readonly replay = new Replay();
  #line = 0;
  #seq: number | null = null;
  #overlap: Overlap | null = null;
  readonly #name: string;
  readonly #reading: ReadingExport;
  /** Where each chain stands by the lines that were read. */
  readonly #ends = new Map<string, ChainPosition>();

  constructor(name: string, reading: ReadingExport) {
    this.#name = name;
    this.#reading = reading;
  }

  #invalid(problem: string, seq?: number): TwofaError {
    const where = seq === undefined ? `line ${this.#line}` : `line ${this.#line}, event ${seq}`;
    return new TwofaError('export-invalid', `${this.#name}, ${where}: ${problem}; nothing was changed.`, {
      hint: 'Give the newest export of the whole trail, as "twofa audit export" wrote it.',
      details: { field: 'replay', line: this.#line, seq: seq ?? null },
    });
  }

  #parsed(line: string): ExportedEvent {
    try {
      return v.parse(shape, JSON.parse(line));
    } catch {
      throw this.#invalid('that is no event of an export');
    }
  }

  async read(line: string): Promise<void> {
    this.#line += 1;
    const event = this.#parsed(line);
    const { base } = this.#reading;
    this.#order(event);
    if (event.seq <= base) await this.#known(event);
    else {
      await this.#end(event);
      await this.#later(event);
    }
    this.#seq = event.seq;
    if (this.#line % pageSize === 0) this.#reading.progress?.(this.#line);
  }

  /** Lines come in the order of the trail, and none is left out as far as that can be told. */
  #order({ seq }: ExportedEvent): void {
    const { base, gapless } = this.#reading;
    const before = this.#seq;
    if (before !== null && seq <= before) throw this.#invalid('it is not in the order of the trail', seq);
    if (before === null && seq > (gapless ? base + 1 : base)) {
      throw this.#invalid(`the export begins after event ${base}, up to which the store reaches`, seq);
    }
    if (gapless && before !== null && seq !== before + 1)
      throw this.#invalid('an event before it is missing', seq);
  }

  /** An event that the store has is the very same. */
  async #known(event: ExportedEvent): Promise<void> {
    this.#overlap ??= new Overlap(this.#reading.tables, event.seq - 1, this.#reading.base);
    const own = await this.#overlap.next();
    if (own && sameEvent(own, event)) return;
    throw this.#invalid(
      own && own.seq < event.seq ? 'an event before it is missing' : 'it is not the event that the store has',
      event.seq,
    );
  }

  /** Before the first event that the store has not, all of those were there that it has. */
  async #end({ seq }: ExportedEvent): Promise<void> {
    const missing = await this.#overlap?.next();
    this.#overlap = null;
    if (missing) throw this.#invalid('an event before it is missing', seq);
  }

  /** An event that the store has not fits the end of its chain. */
  async #later(event: ExportedEvent): Promise<void> {
    const { tables, keyring, base } = this.#reading;
    const { subject, place, link, keyId, seq } = event;
    const before = this.#ends.get(subject) ?? (await tables.chainAt(subject, base));
    if (place !== before.count + 1)
      throw this.#invalid(`it does not go on from what is known of ${subject}`, seq);
    const key = keyring.get(keyId);
    if (!key) throw this.#invalid(`the key ring has no key "${keyId}"`, seq);
    if (nextLink(key.trail, subject, before, event as EventBody) !== link) {
      throw this.#invalid('it was changed, moved or put in place of another, or is of another store', seq);
    }
    this.#ends.set(subject, { count: place, link });
    this.replay.add(event);
  }

  /** @throws TwofaError `export-invalid` for an export that has less than the store. */
  done(): Replay {
    if (this.#seq !== null && this.#seq >= this.#reading.base) return this.replay;
    throw this.#invalid(
      this.#seq === null
        ? 'it is empty'
        : `the export ends before event ${this.#reading.base}, up to which the store reaches`,
    );
  }
}

/**
 * What happened after the newest event of a store, by an export of its trail.
 * @throws TwofaError `export-invalid` that names the line which was changed, cut off, left out, or is of another store.
 */
export async function readExport({ name, lines }: AuditExport, reading: ReadingExport): Promise<Replay> {
  const reader = new ExportReader(name, reading);
  for await (const line of lines()) await reader.read(line);
  return reader.done();
}
