/** Signs in while the app loads, which the document preloads. */
import { ownOrigin, signIn, type Entrance } from './session/authorization.ts';

async function startApp(entrance: Promise<Entrance>): Promise<void> {
  try {
    const { start } = await import('./app.tsx');
    start(await entrance);
  } catch (error) {
    console.error(error);
    document.body.append('The console could not be loaded. Reload the page.');
  }
}

if (location.origin === ownOrigin) {
  // not awaited: the app imports modules of this script, which waits for no import therefore
  void startApp(signIn());
  // what the frame shows loads after what the document preloads; the frame tells of a failure
  import('./layout/content.tsx').catch(() => undefined);
} else {
  // the provider knows the console by one origin
  location.replace(ownOrigin + location.pathname);
}
