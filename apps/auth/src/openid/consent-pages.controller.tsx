import { Get, Post } from '@nestjs/common';
import { z } from 'zod';
import { CurrentPage, Pages, SeeOther, SignedIn, type FormState, type Html, type Page } from '../pages/kit/index.ts';
import { clientIdSchema } from './consents.schema.ts';
import { ConsentsPage } from './consents.views.tsx';
import { GrantsService } from './grants.service.ts';

const withdrawalForm = z.object({ client_id: clientIdSchema });

/** What the person who is signed in lets applications do. */
@SignedIn()
@Pages('account/applications')
export class ConsentPagesController {
  constructor(private readonly grants: GrantsService) {}

  @Get()
  show(@CurrentPage() page: Page): Promise<Html> {
    return this.list(page, page.newForm());
  }

  @Post('withdraw')
  submitWithdrawal(@CurrentPage() page: Page) {
    return page.submit(
      withdrawalForm,
      (form) => this.list(page, form),
      async ({ client_id: clientId }) => {
        await this.grants.withdraw(clientId, page.signedIn, page.context);
        return new SeeOther('/account/applications?done=withdrawn');
      },
    );
  }

  private async list(page: Page, form: FormState): Promise<Html> {
    return <ConsentsPage page={page} form={form} consents={await this.grants.consentsOf(page.signedIn.accountId)} />;
  }
}
