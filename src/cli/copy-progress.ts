// How far a copy of the store is, in words: rows, how many a second, and how long it goes on at that rate.
import type { CopyProgress } from '../actions/store-copy.ts';

const steps: Record<CopyProgress['step'], { doing: string; what: string }> = {
  verifying: { doing: 'Verifying the trail', what: 'events' },
  copying: { doing: 'Sealed; copying', what: 'rows' },
  comparing: { doing: 'Sealed; comparing', what: 'rows' },
  'verifying-copy': { doing: 'Sealed; verifying the trail of the copy', what: 'events' },
};

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

function lasting(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Words for a copy that goes on. @param clock in milliseconds. */
export class CopyWords {
  readonly #clock: () => number;
  #step: CopyProgress['step'] | null = null;
  #begun = 0;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** @param progress of a step from its beginning on: the rate is that of the step. */
  of({ step, done, total }: CopyProgress): string {
    if (step !== this.#step) {
      this.#step = step;
      this.#begun = this.#clock();
    }
    const { doing, what } = steps[step];
    const far = `${doing}: ${grouped.format(done)} of ${grouped.format(total)} ${what}`;
    const seconds = (this.#clock() - this.#begun) / 1000;
    if (seconds < 1 || done === 0) return far;
    const rate = done / seconds;
    return `${far}, ${grouped.format(rate)} a second, ${lasting(Math.max(0, total - done) / rate)} left`;
  }
}
