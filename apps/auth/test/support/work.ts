import type { TestService } from './service.ts';

/** The number of password hashes that the service has computed, by scheme. */
async function hashes({ metricsUrl }: TestService): Promise<Record<string, number>> {
  const text = await (await fetch(metricsUrl)).text();
  const lines = text.matchAll(/^auth_password_hashes_total\{scheme="([\w-]+)"\} (\d+)/gm);
  return Object.fromEntries(Array.from(lines, ([, scheme, count]) => [scheme, Number(count)]));
}

/** The number of hashes that an action makes the service compute, by scheme. They take most of its time. */
export async function hashesOf(service: TestService, action: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = await hashes(service);
  await action();
  const after = Object.entries(await hashes(service));
  return Object.fromEntries(
    after.map(([scheme, count]) => [scheme, count - (before[scheme] ?? 0)] as const).filter(([, count]) => count > 0),
  );
}
