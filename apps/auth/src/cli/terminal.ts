/** The environment and streams of a command. */
export interface Terminal {
  environment: NodeJS.ProcessEnv;
  input: NodeJS.ReadableStream & { isTTY?: boolean };
  output: Pick<NodeJS.WritableStream, 'write'> & Partial<Pick<NodeJS.WritableStream, 'once'>>;
  errors: Pick<NodeJS.WritableStream, 'write'> & { isTTY?: boolean };
}

/** Runs a job with a provider of the application, without the HTTP server. */
export type WithService = <S, T>(service: new (...args: never[]) => S, job: (service: S) => Promise<T>) => Promise<T>;
