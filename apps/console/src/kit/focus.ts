/** Whether the focus was on something that is gone. */
export const hasNoFocus = (): boolean => document.activeElement === null || document.activeElement === document.body;
