import axe from 'axe-core';
import type { Page } from 'playwright-core';

const rules = {
  all: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  /** What another colour scheme can change. */
  colors: ['color-contrast', 'link-in-text-block'],
};

interface AxeResult {
  violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[];
}

/** What a checker of accessibility finds on the page, by the rules of WCAG 2.2 AA. */
export async function violations(page: Page, about: keyof typeof rules = 'all'): Promise<string[]> {
  if (!(await page.evaluate('"axe" in globalThis'))) {
    await page.evaluate(axe.source);
  }
  const run = `axe.run(document, { runOnly: ${JSON.stringify(rules[about])} })`;
  const result: AxeResult = await page.evaluate(run);
  return result.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

/** From now on every page keeps what its policy has blocked (CSP Level 3 §5): see {@link blockedBy}. */
export const watchPolicy = (page: Page): Promise<unknown> =>
  page.addInitScript(`
    globalThis.blocked = [];
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) =>
      blocked.push(effectiveDirective + ': ' + blockedURI));`);

export const blockedBy = (page: Page): Promise<string[]> => page.evaluate('blocked');
