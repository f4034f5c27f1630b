/** Scopes, each with what it allows where the application says so. */
export const describedScopes = (scopes: readonly string[], descriptions: Readonly<Record<string, string>>): string[] =>
  scopes.map((scope) => (descriptions[scope] === undefined ? scope : `${scope}: ${descriptions[scope]}`));
