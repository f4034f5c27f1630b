/** Begins small: a person who is not signed in leaves for the provider before the rest is loaded. */
import { authorize, finish, isAnswer, ownOrigin } from './session/authorization.ts';

if (location.origin !== ownOrigin) {
  // the provider knows the console by one origin
  location.replace(ownOrigin + location.pathname);
} else if (isAnswer()) {
  const signedIn = finish();
  const { start } = await import('./app.tsx');
  start(signedIn);
} else {
  await authorize();
}
