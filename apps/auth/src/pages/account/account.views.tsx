import type { AccountDetails } from '../../accounts/index.ts';
import type { MfaStatus } from '../../login/mfa/index.ts';
import type { PasskeyView } from '../../login/passkeys/index.ts';
import type { SessionView } from '../../sessions/index.ts';
import { ButtonForm, Layout, type Page } from '../kit/index.ts';
import type { ProviderAccount } from '../sign-in/index.ts';
import { fill } from '../../texts/index.ts';
import { ProfileSection } from './profile.views.tsx';
import { ProvidersSection } from './providers.views.tsx';
import { Action, Section } from './section.views.tsx';

interface AccountPageProps {
  page: Page;
  account: AccountDetails;
  mfa: MfaStatus;
  passkeys: PasskeyView[];
  sessions: SessionView[];
  providers: ProviderAccount[];
}

/** What an account consists of, with a way to change each part. */
export const AccountPage = ({ page, account, mfa, passkeys, sessions, providers }: AccountPageProps) => {
  const { account: texts } = page.texts;
  return (
    <Layout page={page} title={texts.title} wide>
      <Notice page={page} />
      <div class="row">
        <p>{fill(texts.signedInAs, { email: account.email })}</p>
        <ButtonForm page={page} action="/sign-out" label={texts.signOut} />
      </div>
      <ProfileSection page={page} account={account} />
      <EmailSection page={page} account={account} />
      <Section
        title={texts.passwordTitle}
        action={
          <Action href="/account/password" label={account.hasPassword ? texts.changePassword : texts.setPassword} />
        }
      >
        <p class="muted small">
          {account.hasPassword
            ? fill(texts.passwordSince, { date: page.dateTime(account.passwordChangedAt) })
            : texts.noPassword}
        </p>
      </Section>
      <AuthenticatorSection page={page} mfa={mfa} />
      <PasskeysSection page={page} passkeys={passkeys} />
      <ProvidersSection page={page} providers={providers} />
      <Section
        title={texts.applicationsTitle}
        action={<Action href="/account/applications" label={texts.applicationsShow} />}
      >
        <p class="muted small">{texts.applicationsText}</p>
      </Section>
      <SessionsSection page={page} sessions={sessions} />
      <Section title={texts.dataTitle}>
        <p class="muted small">{texts.dataText}</p>
        <div class="actions">
          <Action href="/account/export" label={texts.export} />
          <Action href="/account/delete" label={texts.delete} />
        </div>
      </Section>
    </Layout>
  );
};

/** What has just been done, as the redirect to this page says. */
const Notice = ({ page }: { page: Page }) => {
  const text = new Map(Object.entries(page.texts.account.notices)).get(page.parameter('done') ?? '');
  return text === undefined ? null : (
    <div class="notice" role="status">
      <p>{text}</p>
    </div>
  );
};

const EmailSection = ({ page, account }: Pick<AccountPageProps, 'page' | 'account'>) => {
  const { texts } = page;
  const isVerified = account.emailVerifiedAt !== null;
  return (
    <Section
      title={texts.account.emailTitle}
      action={<Action href="/account/email" label={texts.account.changeEmail} />}
    >
      <p>
        {account.email}{' '}
        <span class={`badge ${isVerified ? 'good' : 'bad'}`}>
          {isVerified ? texts.account.verified : texts.account.unverified}
        </span>
      </p>
      {!isVerified && <ButtonForm page={page} action="/account/email/verification" label={texts.account.resend} />}
    </Section>
  );
};

const AuthenticatorSection = ({ page: { texts }, mfa }: Pick<AccountPageProps, 'page' | 'mfa'>) => {
  const { account } = texts;
  return (
    <Section
      title={account.authenticatorTitle}
      action={
        mfa.totp ? (
          <Action href="/account/authenticator/remove" label={account.authenticatorRemove} />
        ) : (
          <Action href="/account/authenticator" label={account.authenticatorAdd} />
        )
      }
    >
      <p class="muted small">
        {mfa.totp ? fill(account.authenticatorOn, { count: mfa.recovery_codes }) : account.authenticatorOff}
      </p>
      {mfa.totp && (
        <div class="actions">
          <Action href="/account/recovery-codes" label={account.recoveryNew} />
        </div>
      )}
    </Section>
  );
};

/** Where the pages can use no passkeys, those that the account uses elsewhere can be removed. */
const PasskeysSection = ({ page, passkeys }: Pick<AccountPageProps, 'page' | 'passkeys'>) => {
  const { passkeys: texts } = page.texts;
  const { passkeysEnabled } = page.settings;
  return passkeysEnabled || passkeys.length > 0 ? (
    <Section
      title={texts.title}
      action={passkeysEnabled ? <Action href="/account/passkeys/add" label={texts.add} /> : undefined}
    >
      {passkeys.length === 0 && <p class="muted small">{texts.none}</p>}
      {passkeys.length > 0 && (
        <ul class="plain-list">
          {passkeys.map(({ id, name, created_at: createdAt }) => (
            <li class="row">
              <div>
                <p>{name}</p>
                <p class="muted small">{fill(texts.added, { date: page.dateTime(new Date(createdAt)) })}</p>
              </div>
              <Action href={`/account/passkeys/remove?id=${id}`} label={texts.remove} of={name} />
            </li>
          ))}
        </ul>
      )}
    </Section>
  ) : null;
};

const SessionsSection = ({ page, sessions }: Pick<AccountPageProps, 'page' | 'sessions'>) => {
  const { account } = page.texts;
  return (
    <Section title={account.sessionsTitle}>
      <p class="muted small">{account.sessionsText}</p>
      <ul class="plain-list">
        {sessions.map(({ id, device, address, last_used_at: lastUsedAt, current }) => {
          const use = `${address} · ${fill(account.sessionUsed, { date: page.dateTime(new Date(lastUsedAt)) })}`;
          return (
            <li class="row">
              <div>
                <p>
                  {device} {current && <span class="badge good">{account.sessionCurrent}</span>}
                </p>
                <p class="muted small">{use}</p>
              </div>
              {!current && (
                <ButtonForm
                  page={page}
                  action="/account/sessions/end"
                  label={account.sessionEnd}
                  of={`${device}, ${use}`}
                  values={{ id }}
                />
              )}
            </li>
          );
        })}
      </ul>
      {sessions.length > 1 && (
        <div class="actions">
          <ButtonForm page={page} action="/account/sessions/end-others" label={account.sessionsEndOthers} />
        </div>
      )}
    </Section>
  );
};
