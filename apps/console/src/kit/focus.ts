/** Gives the focus to the heading of the page. */
export const focusHeading = (): void => {
  document.querySelector('h1')?.focus({ preventScroll: true });
};

/** Whether the focus was on something that is gone. */
export const hasNoFocus = (): boolean => document.activeElement === null || document.activeElement === document.body;
