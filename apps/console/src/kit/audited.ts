/** Options of a query that the service records in the audit log: it runs when an admin asks, and not by itself. */
export const audited = { refetchOnWindowFocus: false, refetchOnReconnect: false, staleTime: 60_000 };
