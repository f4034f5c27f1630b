import { useEffect, useSyncExternalStore } from 'react';

const shownMs = 8000;
let current: { text: string } | undefined;
const listeners = new Set<() => void>();

function show(notice: typeof current): void {
  current = notice;
  listeners.forEach((listener) => {
    listener();
  });
}

/** Tells the person that something is done, wherever on the console they are. */
export const announce = (text: string): void => {
  show({ text });
};

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** What was announced last, for some seconds. Screen readers read it without a change of the focus. */
export function Notice() {
  const notice = useSyncExternalStore(subscribe, () => current);
  useEffect(() => {
    const timer = setTimeout(() => {
      show(undefined);
    }, shownMs);
    return () => {
      clearTimeout(timer);
    };
  }, [notice]);
  return (
    <div role="status" className="done">
      {notice?.text}
    </div>
  );
}
