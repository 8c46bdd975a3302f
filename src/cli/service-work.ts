// Carries out the requests of a desk by a service: each is sent when its turn has come.
import type { Request } from '../actions/perform.ts';
import { foldKey, userIdShape } from '../rules/text.ts';
import type { Taken, Work } from './desk.ts';
import type { Door } from './door.ts';
import { type About, namesOf } from './lanes.ts';
import { replyTo } from './reply.ts';

/** Names of different accounts share their turns: only the store knows which account a token implies. */
const account = '';

/**
 * Whom a request is about, by its names alone. A user who is named by an id may be one whom others name by the username,
 * so that it waits like one about the whole account; and so does what names no user, since it may change any of them.
 */
function aboutOf(request: Request): About {
  const names = namesOf(request);
  if (names.length === 0 || names.some((name) => userIdShape.test(name))) return { account, reads: false };
  return { account, users: names.map(foldKey) };
}

/** @param failed is told of a failure that is nobody's but ours. */
export function serviceWork(service: Door, failed: (error: unknown) => void): Work<Taken> {
  return {
    about: async ({ request }) => aboutOf(request),
    reply: ({ id, request, credential }) => replyTo(id, () => service.request(request, credential), failed),
  };
}
