/** What the console and its components import as React: Preact, and what it lacks. */
import { options } from 'preact';
import { createElement, Fragment } from 'preact/compat';

export * from 'preact/compat';
export { default } from 'preact/compat';

/** Removes what is hidden from the page, where React would keep its state. */
export const Activity = ({ mode, children }) => (mode === 'hidden' ? null : createElement(Fragment, null, children));

// Preact removes an attribute that is false, but spellcheck is on by default.
const before = options.vnode;
options.vnode = (vnode) => {
  if (vnode.props.spellCheck === false) {
    vnode.props.spellCheck = 'false';
  }
  before?.(vnode);
};

// React renders what an event changes before its dispatch ends. Programs that fill in several fields at once rely on it.
let waiting;
const render = () => {
  const now = waiting;
  waiting = undefined;
  now?.();
};
options.debounceRendering = (now) => {
  waiting = now;
  globalThis.queueMicrotask(render);
};
for (const type of ['input', 'change']) {
  globalThis.addEventListener(type, render);
}
