/** What the console and its components import as React: Preact, and what it lacks. */
import { createElement, Fragment } from 'preact/compat';

export * from 'preact/compat';
export { default } from 'preact/compat';

/** Removes what is hidden from the page, where React would keep its state. */
export const Activity = ({ mode, children }) => (mode === 'hidden' ? null : createElement(Fragment, null, children));
