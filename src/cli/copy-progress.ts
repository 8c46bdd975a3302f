// How far a copy of the store is, in words: its step, and how far that is.
import type { CopyProgress } from '../actions/store-copy.ts';
import { progressText } from './progress-text.ts';

const steps: Record<CopyProgress['step'], { doing: string; what: string }> = {
  verifying: { doing: 'Verifying the trail', what: 'events' },
  copying: { doing: 'Sealed; copying', what: 'rows' },
  comparing: { doing: 'Sealed; comparing', what: 'rows' },
  'verifying-copy': { doing: 'Sealed; verifying the trail of the copy', what: 'events' },
};

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
    return `${doing}: ${progressText(done, total, what, this.#clock() - this.#begun)}`;
  }
}
