import type { AuthConfig } from '../../config.ts';
import { maxPasswordLength } from '../../passwords/index.ts';
import { logoAsset } from './assets.ts';
import type { RequestingApplication } from './requesting-applications.ts';

/** How an operator presents the service. */
export interface PageSettings {
  name: string;
  /** URL of the logo that is shown instead of the name. */
  logoUrl?: string | undefined;
  /** Of buttons and links, such as `#1d4ed8`. */
  color?: string | undefined;
  termsUrl?: string | undefined;
  privacyUrl?: string | undefined;
  /** Whether people may register. */
  registrationOpen: boolean;
  /** Whether browsers can use passkeys on these pages. */
  passkeysEnabled: boolean;
  /** Whether people may log in by a mailed link. */
  magicLinksEnabled: boolean;
  /** Of new passwords, in characters. */
  passwordLength: { min: number; max: number };
}

/** What the pages need of the service's settings. */
export const settingsOf = (config: AuthConfig): PageSettings => ({
  name: config.BRAND_NAME,
  logoUrl: config.BRAND_LOGO_FILE && logoAsset(config.BRAND_LOGO_FILE).url,
  color: config.BRAND_COLOR,
  termsUrl: config.TERMS_URL,
  privacyUrl: config.PRIVACY_URL,
  registrationOpen: config.REGISTRATION_OPEN,
  passkeysEnabled: config.WEBAUTHN_ORIGINS.includes(new URL(config.TOKEN_ISSUER).origin),
  magicLinksEnabled: config.MAGIC_LINKS_ENABLED,
  passwordLength: { min: config.PASSWORD_MIN_LENGTH, max: maxPasswordLength },
});

/** The settings of a page for an application. Only the operator's own may change them: others must not make the page look like theirs. */
export function settingsFor(settings: PageSettings, application: RequestingApplication | undefined): PageSettings {
  return application?.firstParty
    ? {
        ...settings,
        ...(application.logo !== null && { name: application.name, logoUrl: application.logo }),
        color: application.brandColor ?? settings.color,
        termsUrl: application.termsUrl ?? settings.termsUrl,
        privacyUrl: application.privacyUrl ?? settings.privacyUrl,
      }
    : settings;
}
