/** The client id of the console, the application that the service itself declares. */
export const consoleClientId = 'console';
