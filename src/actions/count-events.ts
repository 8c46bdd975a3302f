// Brings the kept counts of events up to date, so that metrics need not read years of them.
import type { Call } from './operation.ts';

/** Events that one transaction adds at the most. */
const pageSize = 5000;

/** Counts the events that the kept counts lack. @returns how many there were. */
export async function countEvents(call: Call): Promise<number> {
  const store = await call.store();
  const settled = await store.settled();
  let counted = 0;
  for (;;) {
    const page = await store.read((tables) => tables.uncounted(settled?.seq ?? 0, pageSize));
    if (page.events === 0) return counted;
    if (await call.write((tables) => tables.addCounts(page))) counted += page.events;
  }
}
