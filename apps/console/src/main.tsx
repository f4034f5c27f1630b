/** Signs in while the app loads, which the document preloads. */
import { signIn, type Entrance } from './session/authorization.ts';
import { ownOrigin } from './session/begin.ts';

async function startApp(entrance: Promise<Entrance>): Promise<void> {
  try {
    const { preload, start } = await import('./app.tsx');
    preload();
    start(await entrance);
  } catch (error) {
    console.error(error);
    document.body.append('The console could not be loaded. Reload the page.');
  }
}

if (location.origin === ownOrigin) {
  // not awaited here: the app imports this script, which would wait for itself
  void startApp(signIn());
} else {
  // the provider knows the console by one origin
  location.replace(ownOrigin + location.pathname);
}
