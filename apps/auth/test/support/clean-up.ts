const tasks = new Set<() => unknown>();

/** Lets something end with the test file that is running: test files share modules, so `afterAll` in one would count for the first. */
export function cleanUpWith(task: () => unknown): void {
  tasks.add(task);
}

/** Ends what the test file has started. */
export async function cleanUp(): Promise<void> {
  const ending = [...tasks];
  tasks.clear();
  await Promise.all(ending.map((task) => task()));
}
