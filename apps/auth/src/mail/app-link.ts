/**
 * Where a mail leads.
 * @param appUrl `APP_URL`
 * @param page a page below it, that takes the token
 */
export function appLink(appUrl: string, page: string, token: string): string {
  return `${appUrl.replace(/\/$/, '')}/${page}?token=${token}`;
}
