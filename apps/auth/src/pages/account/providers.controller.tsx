import { Get, Param, Post } from '@nestjs/common';
import { IdentitiesService } from '../../login/social/index.ts';
import { BrowserSessionsService } from '../../sessions/browser-sessions/index.ts';
import { CurrentPage, OnwardPage, Pages, SeeOther, SignedIn, type Page } from '../kit/index.ts';
import { replaceCookie } from './replace-cookie.ts';
import { ProvidersService } from '../sign-in/index.ts';
import { proofForm } from './account.forms.ts';
import { LinkProviderPage, UnlinkProviderPage } from './providers.views.tsx';

/** The OpenID providers by which the person who is signed in can sign in. */
@SignedIn()
@Pages('account/providers')
export class ProviderPagesController {
  constructor(
    private readonly browserSessions: BrowserSessionsService,
    private readonly identities: IdentitiesService,
    private readonly providers: ProvidersService,
  ) {}

  @Get(':provider/link')
  showLink(@CurrentPage() page: Page, @Param('provider') id: string) {
    page.assertRecentLogin();
    return <LinkProviderPage page={page} form={page.newForm()} provider={this.find(id)} />;
  }

  @Post(':provider/link')
  submitLink(@CurrentPage() page: Page, @Param('provider') id: string) {
    page.assertRecentLogin();
    const provider = this.find(id);
    return page.submit(
      proofForm(page),
      (form) => <LinkProviderPage page={page} form={form} provider={provider} />,
      async ({ password }) => (
        <OnwardPage page={page} location={await this.providers.startLink(page, provider.id, password)} />
      ),
    );
  }

  @Get(':provider/callback')
  finishLink(@CurrentPage() page: Page, @Param('provider') id: string) {
    const provider = this.find(id);
    return page.attempt(
      (form) => <LinkProviderPage page={page} form={form} provider={provider} />,
      async () => {
        await replaceCookie(page, this.browserSessions);
        await this.providers.finishLink(page, provider.id);
        return new SeeOther('/account?done=provider-linked');
      },
    );
  }

  @Get(':identity/unlink')
  async showUnlink(@CurrentPage() page: Page, @Param('identity') id: string) {
    page.assertRecentLogin();
    const name = await this.nameOf(page, id);
    return <UnlinkProviderPage page={page} form={page.newForm()} name={name} identityId={id} />;
  }

  @Post(':identity/unlink')
  async submitUnlink(@CurrentPage() page: Page, @Param('identity') id: string) {
    page.assertRecentLogin();
    const name = await this.nameOf(page, id);
    return page.attempt(
      (form) => <UnlinkProviderPage page={page} form={form} name={name} identityId={id} />,
      async () => {
        await replaceCookie(page, this.browserSessions);
        page.setCookies(await this.identities.unlink(page.signedIn, id, page.cookies, page.context));
        return new SeeOther('/account?done=provider-unlinked');
      },
    );
  }

  /** @throws SeeOther the account, if these pages do not offer the provider */
  private find(id: string) {
    const provider = this.providers.list().find((offered) => offered.id === id);
    if (!provider) {
      throw new SeeOther('/account');
    }
    return provider;
  }

  /** @throws SeeOther the account, if it has no such identity */
  private async nameOf({ signedIn }: Page, identityId: string): Promise<string> {
    const linked = await this.providers.accountsOf(signedIn.accountId);
    const provider = linked.find(({ identity }) => identity?.id === identityId);
    if (!provider) {
      throw new SeeOther('/account');
    }
    return provider.name;
  }
}
