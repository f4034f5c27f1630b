import type { paths, Problem } from './api.ts';

type Methods = 'get' | 'put' | 'post' | 'delete' | 'patch';
type CodeOf<Operation> = Operation extends { responses: infer Responses }
  ? {
      [Status in keyof Responses]: Responses[Status] extends { content: infer Content } ? ContentCode<Content> : never;
    }[keyof Responses]
  : never;
type ContentCode<Content> = Content[keyof Content] extends infer Body
  ? Body extends Problem & { code?: infer Code }
    ? NonNullable<Code> & Body['code']
    : never
  : never;

/** The `code`s of the problems of a route: `ProblemCode<'/auth/me', 'delete'>`; of all routes without arguments. */
export type ProblemCode<
  Path extends keyof paths = keyof paths,
  Method extends Methods = Methods,
> = Path extends keyof paths ? { [Name in Method]: CodeOf<paths[Path][Name]> }[Method] : never;

/** A problem (RFC 9457) as an exception. */
export class ProblemError<Code extends string = string> extends Error {
  override readonly name = 'ProblemError';
  /** Stable, machine-readable identifier; `http_502` and the like if something before the service has responded. */
  readonly code: Code;
  readonly status: number;
  /** The response's body, if it is a problem. */
  readonly problem: (Problem & { code?: Code }) | undefined;
  readonly response: Response;

  constructor(body: unknown, response: Response) {
    const problem = isProblem(body) ? body : undefined;
    const code = problem?.code ?? `http_${String(response.status)}`;
    super(`${problem?.title ?? response.statusText} (${code})`);
    this.code = code as Code;
    this.status = response.status;
    this.problem = problem as ProblemError<Code>['problem'];
    this.response = response;
  }
}

const isProblem = (body: unknown): body is Problem => typeof (body as Problem | null | undefined)?.code === 'string';

/** The `code` of a response that is a problem; the response can still be read. */
export async function problemCode(response: Response): Promise<string | undefined> {
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  return isProblem(body) ? body.code : undefined;
}

interface Result {
  data?: unknown;
  error?: unknown;
  response: Response;
}
type ErrorCode<R> = R extends { error: { code: infer Code extends string } } ? Code : never;

/**
 * The data of a successful call: `await orThrow(client.GET('/auth/me'))`.
 * @throws ProblemError
 */
export async function orThrow<R extends Result>(call: PromiseLike<R>): Promise<Extract<R, { error?: never }>['data']> {
  const { data, error, response } = await call;
  if (!response.ok) {
    throw new ProblemError<ErrorCode<R>>(error, response);
  }
  return data;
}
