/** A third of the event loop's claim (sched(7): each step is a quarter more or less). */
export const niceness = 5;
