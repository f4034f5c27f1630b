import { ProofField, type FormPageProps, type Page } from '../kit/index.ts';
import type { ProviderChoice, ProviderAccount } from '../sign-in/index.ts';
import { fill } from '../../texts/index.ts';
import { ChangePage } from './change.views.tsx';
import { Action, Section } from './section.views.tsx';

/** The providers that an account is linked to, and those that it could be. Absent if there are none. */
export const ProvidersSection = ({ page, providers }: { page: Page; providers: ProviderAccount[] }) => {
  const { providers: texts } = page.texts;
  return providers.length === 0 ? null : (
    <Section title={texts.title}>
      <ul class="plain-list">
        {providers.map(({ id, name, identity }) => (
          <li class="row">
            <div>
              <p>{name}</p>
              <p class="muted small">
                {identity
                  ? fill(identity.email === null ? texts.since : texts.sinceAs, {
                      email: identity.email ?? '',
                      date: page.dateTime(new Date(identity.created_at)),
                    })
                  : texts.none}
              </p>
            </div>
            {identity ? (
              <Action href={`/account/providers/${identity.id}/unlink`} label={texts.unlink} of={name} />
            ) : (
              <Action href={`/account/providers/${id}/link`} label={texts.link} of={name} />
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
};

export const LinkProviderPage = ({ page, form, provider }: FormPageProps & { provider: ProviderChoice }) => {
  const { providers, signIn } = page.texts;
  return (
    <ChangePage
      page={page}
      form={form}
      title={fill(providers.linkTitle, { name: provider.name })}
      text={fill(providers.linkText, { name: provider.name })}
      action={`/account/providers/${provider.id}/link`}
      submit={signIn.confirmSubmit}
    >
      <ProofField page={page} form={form} autofocus />
    </ChangePage>
  );
};

export const UnlinkProviderPage = ({
  page,
  form,
  name,
  identityId,
}: FormPageProps & { name: string; identityId: string }) => {
  const { providers } = page.texts;
  return (
    <ChangePage
      page={page}
      form={form}
      title={fill(providers.unlinkTitle, { name })}
      text={fill(providers.unlinkText, { name })}
      action={`/account/providers/${identityId}/unlink`}
      submit={providers.unlink}
      kind="danger"
    />
  );
};
