// What an event is counted as: its action and outcome, and of a few actions a detail that tells answers apart.

/** A kind of events; `via` and `said` are empty where its events have no such detail. */
export interface EventKind {
  action: string;
  outcome: string;
  /** The channel of a code or its message. */
  via: string;
  /** What became of a message, or why a step was refused. */
  said: string;
}

export interface EventCount extends EventKind {
  count: number;
}

/** Where the detail is that tells the events of an action apart. */
const details: Record<string, { via?: string; said?: string }> = {
  'code.issued': { via: 'via' },
  'code.sent': { via: 'via', said: 'status' },
  'code.undelivered': { via: 'via' },
  'login.refused': { said: 'result' },
};

/** Of the same action, those that were refused say why; those that were judged are all one kind. */
const refusals = new Set(['code.refused', 'code.rejected']);

/** The kind of an event, `details` as the JSON text that it is kept as. */
export function kindOf(event: { action: string; outcome: string; details: string }): EventKind {
  const { action, outcome } = event;
  const refused = outcome === 'refused' && refusals.has(action);
  const names = refused ? { said: 'why' } : details[action];
  if (!names) return { action, outcome, via: '', said: '' };
  const found = JSON.parse(event.details) as Record<string, unknown>;
  const told = (name: string | undefined) => (name === undefined ? '' : String(found[name] ?? ''));
  return { action, outcome, via: told(names.via), said: told(names.said) };
}

function keyOf({ action, outcome, via, said }: EventKind): string {
  return JSON.stringify([action, outcome, via, said]);
}

/** Counts of kinds, each kind once. */
export class EventTally {
  readonly #counts = new Map<string, EventCount>();

  add(kind: EventKind, count = 1): void {
    const key = keyOf(kind);
    const known = this.#counts.get(key);
    if (known) known.count += count;
    else {
      const { action, outcome, via, said } = kind;
      this.#counts.set(key, { action, outcome, via, said, count });
    }
  }

  get counts(): EventCount[] {
    return [...this.#counts.values()];
  }
}
