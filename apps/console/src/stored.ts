/** What the browser remembers of a person's choices. One that keeps nothing of a site throws at each access. */
export const stored = {
  get(key: string): string | null {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  },
  set(key: string, value: string): void {
    try {
      localStorage.setItem(key, value);
    } catch {
      // the choice lasts as long as the page
    }
  },
};
