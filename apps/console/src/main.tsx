/** Begins small: whoever is not signed in leaves for the provider before the rest is loaded. */
import { authorize, finish, isAnswer } from './session/authorization.ts';

if (isAnswer()) {
  const signedIn = finish();
  const { start } = await import('./app.tsx');
  start(signedIn);
} else {
  await authorize();
}
