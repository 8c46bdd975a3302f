// What comes back from a request.

/** A result with the exit code that goes with it. */
export interface Answer<R = unknown> {
  exit: number;
  result: R;
}
