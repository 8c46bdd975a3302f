// Where requests go: to the operations of this process, or, in service-door.ts, through the socket of a service.
import type { Answer, Services } from '../actions/operation.ts';
import type { Credential, Request } from '../actions/perform.ts';

export interface Door {
  /**
   * Makes a request for the operator of a token.
   * @returns exit code and result, the same behind either door.
   * @throws TwofaError for whatever is refused or fails.
   */
  request(request: Request, credential: Credential): Promise<Answer>;
}

/** The door of a process that holds key and store itself. */
export function localDoor(services: Services): Door {
  return {
    async request(request, credential) {
      const { perform } = await import('../actions/perform.ts');
      return perform(services, credential, request);
    },
  };
}
