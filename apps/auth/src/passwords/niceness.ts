/** Gives a thread a third of the event loop's share of a processor: each step is about a quarter (sched(7)). */
export const niceness = 5;
