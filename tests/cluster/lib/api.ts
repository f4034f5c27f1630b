/**
 * The answer of a JSON API, undefined if it has no body.
 * @param call its body and access token, if it has them
 * @throws if the status is not 2xx
 */
export async function callApi<T>(
  url: string,
  method: string,
  { body, token }: { body?: object | undefined; token?: string | undefined } = {},
): Promise<T> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...(token && { authorization: `Bearer ${token}` }),
    },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(60_000),
  });
  const text = await response.text();
  if (!response.ok) {
    throw new Error(`${method} ${url}: ${response.status} ${text}`);
  }
  return (text ? JSON.parse(text) : undefined) as T;
}
