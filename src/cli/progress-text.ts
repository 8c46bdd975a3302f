// How far a long piece of work is, in words: what is done, how fast, and how long the rest will take.

/** Before so long a rate says nothing, in milliseconds. */
const settledMs = 1000;

const grouped = (number: number) => Math.round(number).toLocaleString('en-US');

/** A duration in the two units that matter, such as `1 h 5 min`. */
export function durationText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/**
 * Such as `120,000 of 1,000,000 rows, 45,210 rows/s, 20 s left`.
 * @param elapsedMs since the work began, in milliseconds.
 */
export function progressText(done: number, total: number, what: string, elapsedMs: number): string {
  const soFar = `${grouped(done)} of ${grouped(total)} ${what}`;
  if (elapsedMs < settledMs || done === 0) return soFar;
  const perMs = done / elapsedMs;
  const left = done < total ? `, ${durationText((total - done) / perMs)} left` : '';
  return `${soFar}, ${grouped(perMs * 1000)} ${what}/s${left}`;
}
