import type { Caller } from './caller.ts';

const callers = new WeakMap<object, Caller>();

/** Keeps the caller of a request for its handler. */
export const setCaller = (request: object, caller: Caller): void => {
  callers.set(request, caller);
};

/**
 * The caller of a request that the guard has let through.
 * @throws Error if the route is not guarded
 */
export function callerOf(request: object): Caller {
  const caller = callers.get(request);
  if (!caller) {
    throw new Error('the route is not guarded');
  }
  return caller;
}
