/** What the commands talk to. */
export interface Terminal {
  environment: NodeJS.ProcessEnv;
  input: NodeJS.ReadableStream & { isTTY?: boolean };
  output: Pick<NodeJS.WritableStream, 'write'> & Partial<Pick<NodeJS.WritableStream, 'once'>>;
  errors: Pick<NodeJS.WritableStream, 'write'> & { isTTY?: boolean };
}

/** Runs a job on a service of the application, which has no HTTP server then. */
export type WithService = <S, T>(service: new (...args: never[]) => S, job: (service: S) => Promise<T>) => Promise<T>;
