import { lazy, Suspense, type ComponentType, type ReactNode } from 'react';
import { useTexts } from '../language.ts';
import { texts } from './texts.ts';

function NotLoaded() {
  return <p role="alert">{useTexts(texts).notLoaded}</p>;
}

/** A component that loads after what surrounds it, and says so. */
export function part<Props extends object>(load: () => Promise<{ default: ComponentType<Props> }>) {
  const Loaded = lazy<ComponentType<Props>>(() =>
    load().catch((error: unknown) => {
      console.error(error);
      return { default: NotLoaded };
    }),
  );
  return function Part(props: Props): ReactNode {
    const t = useTexts(texts);
    return (
      <Suspense fallback={<progress className="loading" aria-label={t.loading} />}>
        <Loaded {...props} />
      </Suspense>
    );
  };
}
