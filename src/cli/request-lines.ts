// Splits what comes in into lines, one a request: no more of it is kept than one line and what came with it.
import { requestBytesMax } from './reply.ts';

const lineBreak = 0x0a;

/** A line without its end, or null for one that is longer than a request may be: it is passed over. */
export type RequestLine = Buffer | null;

function isBlank(line: Buffer): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

/** The beginning of a line whose end has not come yet. */
class Begun {
  #parts: Buffer[] = [];
  #length = 0;

  add(part: Buffer): void {
    this.#length += part.length;
    if (this.#length <= requestBytesMax) this.#parts.push(part);
    else this.#parts = [];
  }

  /** The whole line; what comes next is another. */
  end(): RequestLine {
    const line = this.#length > requestBytesMax ? null : Buffer.concat(this.#parts, this.#length);
    this.#parts = [];
    this.#length = 0;
    return line;
  }
}

/** The lines of a stream. Blank ones are left out; the last one need not end with a line break. */
export async function* requestLines(input: AsyncIterable<Buffer>): AsyncGenerator<RequestLine> {
  const begun = new Begun();
  for await (const chunk of input) {
    let from = 0;
    for (let end = chunk.indexOf(lineBreak); end !== -1; end = chunk.indexOf(lineBreak, from)) {
      begun.add(chunk.subarray(from, end));
      from = end + 1;
      const line = begun.end();
      if (line === null || !isBlank(line)) yield line;
    }
    begun.add(chunk.subarray(from));
  }
  const last = begun.end();
  if (last === null || !isBlank(last)) yield last;
}
