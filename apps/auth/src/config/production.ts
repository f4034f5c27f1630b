/** The settings that name this service to browsers, people and other services. A setting that is invalid may have any type. */
interface PublicSettings {
  NODE_ENV?: unknown;
  TOKEN_ISSUER?: unknown;
  APP_URL?: unknown;
  WEBAUTHN_RP_ID?: unknown;
  WEBAUTHN_ORIGINS?: unknown;
  SMTP_URL?: unknown;
  MAIL_FROM?: unknown;
  REQUIRE_VERIFIED_EMAIL?: unknown;
}

/** Host names that mean the caller's own machine (RFC 6761 §6.3, RFC 1122 §3.2.1.3). */
const loopback = /^((.+\.)?localhost\.?|127\.[\d.]+|0\.0\.0\.0|\[::1?\])$/i;

const notLocal = 'must not be this machine in production';
const notHttp = 'must not use http:// in production';
const needsMail = 'needs SMTP_URL in production';

/**
 * Why settings can't be used in production, by the setting's name. The defaults are for development: clients elsewhere can't
 * reach localhost, and tokens must not travel by plain HTTP. Nobody can verify an e-mail address without a mail server.
 */
export function productionProblems(settings: PublicSettings): [name: keyof PublicSettings, problem: string][] {
  if (settings.NODE_ENV !== 'production') {
    return [];
  }
  const { TOKEN_ISSUER, APP_URL, WEBAUTHN_RP_ID, WEBAUTHN_ORIGINS, SMTP_URL, MAIL_FROM, REQUIRE_VERIFIED_EMAIL } =
    settings;
  const isLocalSender = SMTP_URL !== undefined && typeof MAIL_FROM === 'string' && isLoopback(hostOf(MAIL_FROM));
  const problems: [keyof PublicSettings, string | undefined][] = [
    ['TOKEN_ISSUER', urlProblem(TOKEN_ISSUER)],
    ['APP_URL', urlProblem(APP_URL)],
    ['WEBAUTHN_RP_ID', typeof WEBAUTHN_RP_ID === 'string' && isLoopback(WEBAUTHN_RP_ID) ? notLocal : undefined],
    ['WEBAUTHN_ORIGINS', (Array.isArray(WEBAUTHN_ORIGINS) ? WEBAUTHN_ORIGINS : []).map(urlProblem).find(Boolean)],
    ['MAIL_FROM', isLocalSender ? notLocal : undefined],
    ['REQUIRE_VERIFIED_EMAIL', REQUIRE_VERIFIED_EMAIL === true && SMTP_URL === undefined ? needsMail : undefined],
  ];
  return problems.flatMap(([name, problem]) => (problem === undefined ? [] : [[name, problem]]));
}

function urlProblem(text: unknown): string | undefined {
  if (typeof text !== 'string' || !URL.canParse(text)) {
    return undefined;
  }
  const { protocol, hostname } = new URL(text);
  return isLoopback(hostname) ? notLocal : protocol === 'http:' ? notHttp : undefined;
}

const isLoopback = (host: string) => loopback.test(host);

/** The domain of a sender such as `Auth <auth@example.com>`. */
const hostOf = (sender: string) => sender.split('@').at(-1)?.replace(/>\s*$/, '') ?? '';
