import { Get, Post } from '@nestjs/common';
import { PasskeysService } from '../../login/passkeys/index.ts';
import { BrowserSessionsService } from '../../sessions/browser-sessions/index.ts';
import { deviceName } from '../../sessions/index.ts';
import { CurrentPage, Pages, SeeOther, SignedIn, type Html, type Page } from '../kit/index.ts';
import { replaceCookie } from './replace-cookie.ts';
import { passkeyCreationForm, passkeyRemovalForm, proofForm } from './account.forms.ts';
import { AddPasskeyPage, CreatePasskeyPage, RemovePasskeyPage } from './passkeys.views.tsx';

/** The passkeys of the person who is signed in. */
@SignedIn()
@Pages('account/passkeys')
export class PasskeyPagesController {
  constructor(
    private readonly browserSessions: BrowserSessionsService,
    private readonly passkeys: PasskeysService,
  ) {}

  @Get('add')
  showAdd(@CurrentPage() page: Page): Html | SeeOther {
    if (!page.settings.passkeysEnabled) {
      return new SeeOther('/account');
    }
    page.assertRecentLogin();
    return <AddPasskeyPage page={page} form={page.newForm()} />;
  }

  @Post('add')
  submitAdd(@CurrentPage() page: Page) {
    page.assertRecentLogin();
    return page.submit(
      proofForm(page),
      (form) => <AddPasskeyPage page={page} form={form} />,
      async ({ password }) => {
        const options = await this.passkeys.creationOptions(page.signedIn, password);
        const form = { values: { name: deviceName(page.context.userAgent) }, errors: {} };
        return <CreatePasskeyPage page={page} form={form} options={options} />;
      },
    );
  }

  @Post('create')
  submitCreation(@CurrentPage() page: Page) {
    page.assertRecentLogin();
    return page.submit(
      passkeyCreationForm,
      (form) => <AddPasskeyPage page={page} form={form} />,
      async (registration) => {
        await replaceCookie(page, this.browserSessions);
        await this.passkeys.register(page.signedIn, registration, page.context);
        return new SeeOther('/account?done=passkey-added');
      },
    );
  }

  @Get('remove')
  async showRemoval(@CurrentPage() page: Page): Promise<Html | SeeOther> {
    page.assertRecentLogin();
    const passkey = await this.find(page);
    return passkey ? (
      <RemovePasskeyPage page={page} form={page.newForm()} passkey={passkey} />
    ) : (
      new SeeOther('/account')
    );
  }

  @Post('remove')
  async submitRemoval(@CurrentPage() page: Page): Promise<Html | SeeOther> {
    page.assertRecentLogin();
    const passkey = await this.find(page);
    if (!passkey) {
      return new SeeOther('/account');
    }
    return page.submit(
      passkeyRemovalForm(page),
      (form) => <RemovePasskeyPage page={page} form={form} passkey={passkey} />,
      async ({ id, password }) => {
        await replaceCookie(page, this.browserSessions);
        await this.passkeys.remove(page.signedIn, id, password, page.context);
        return new SeeOther('/account?done=passkey-removed');
      },
    );
  }

  private async find(page: Page) {
    const { passkeys } = await this.passkeys.list(page.signedIn.accountId);
    return passkeys.find(({ id }) => id === page.parameter('id'));
  }
}
