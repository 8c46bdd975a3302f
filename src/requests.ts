// What each request takes and gives, as types: read off the operations themselves.
import type { Operation } from './actions/operation.ts';
import type { operations } from './actions/operations.ts';

/** A type with its members written out, so that the package's types name few of the files within. */
type Written<T> = T extends (...given: never[]) => unknown
  ? T
  : T extends object
    ? { [K in keyof T]: Written<T[K]> }
    : T;

type Of<O> =
  O extends Operation<infer _, infer R, infer G> ? { options: Written<G>; result: Written<R> } : never;

type Table = Record<string, () => Promise<unknown>>;

/** Nothing at all, with the type of a table's requests. */
function typesOf<T extends Table>(): { [N in keyof T]: Of<Awaited<ReturnType<T[N]>>> } {
  return {} as never;
}

/** The compiler writes out the type of this one, since it is inferred; one that is declared it only names. */
const requests = /* @__PURE__ */ typesOf<typeof operations>();

/** Each request by name, with the options that it takes and the result that it gives. */
export type Requests = typeof requests;

/** The name of a request: the command with dots, such as `code.verify`. */
export type RequestName = keyof Requests;

/** The options of a request: those of the command in camelCase, and the account, which a narrowed token implies. */
export type RequestOptions<N extends RequestName> = Requests[N]['options'] & { account?: string };

/** The result of a request: the document that the command prints with `--json`. */
export type RequestResult<N extends RequestName> = Requests[N]['result'];
