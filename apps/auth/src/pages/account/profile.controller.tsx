import { Get, Post } from '@nestjs/common';
import { AccountsService } from '../../accounts/index.ts';
import { CurrentPage, Pages, SeeOther, SignedIn, type Html, type Page } from '../kit/index.ts';
import { profileForm, profileFormOf } from './profile.forms.ts';
import { ProfilePage } from './profile.views.tsx';

/** The profile of the person who is signed in. */
@SignedIn()
@Pages('account/profile')
export class ProfileController {
  constructor(private readonly accounts: AccountsService) {}

  @Get()
  async show(@CurrentPage() page: Page): Promise<Html> {
    return <ProfilePage page={page} form={profileFormOf(await this.accounts.view(page.signedIn))} />;
  }

  @Post()
  submit(@CurrentPage() page: Page) {
    return page.submit(
      profileForm,
      (form) => <ProfilePage page={page} form={form} />,
      async (change) => {
        await this.accounts.changeProfile(page.signedIn, change, page.context);
        return new SeeOther('/account?done=profile');
      },
    );
  }
}
