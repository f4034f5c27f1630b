import type { AdminAccount } from '#client';
import { api, orThrow } from '../../../api.ts';
import { Moment } from '../../../kit/moment.tsx';
import { Section } from '../../../kit/section.tsx';
import { useTexts } from '../../../language.ts';
import { ChangeEmail } from './change-email.tsx';
import { ChangeRoles } from './change-roles.tsx';
import { PersonAct } from './person-act.tsx';
import { StatusRow } from './status-row.tsx';
import { texts } from './texts.ts';

/** What an admin decides about an account. */
export function Status({ account }: { account: AdminAccount }) {
  const t = useTexts(texts);
  const isDisabled = account.disabled_at !== null;
  const isVerified = account.email_verified_at !== null;
  const isInvited = !account.has_password && !isVerified && !isDisabled;
  const params = { path: { id: account.id } };
  return (
    <Section title={t.names.status}>
      <StatusRow
        title={t.access}
        text={
          isDisabled ? (
            <>
              {t.disabledSince} <Moment at={account.disabled_at} />
            </>
          ) : (
            t.canLogIn
          )
        }
      >
        <PersonAct
          account={account}
          label={isDisabled ? t.enable : t.disable}
          description={isDisabled ? t.enableText : t.disableText}
          isDestructive={!isDisabled}
          run={() =>
            isDisabled
              ? orThrow(api.POST('/auth/admin/accounts/{id}/enable', { params }))
              : orThrow(api.POST('/auth/admin/accounts/{id}/disable', { params }))
          }
        />
      </StatusRow>
      <StatusRow title={t.roles} text={account.roles.join(', ')}>
        <ChangeRoles account={account} />
      </StatusRow>
      <StatusRow
        title={t.verification}
        text={
          isVerified ? (
            <>
              {t.verifiedAt} <Moment at={account.email_verified_at} />
            </>
          ) : (
            t.notVerified
          )
        }
      >
        {!isVerified && (
          <PersonAct
            account={account}
            label={t.verify}
            description={t.verifyText}
            run={() => orThrow(api.POST('/auth/admin/accounts/{id}/email-verification', { params }))}
          />
        )}
      </StatusRow>
      <StatusRow title={t.email} text={account.email}>
        <ChangeEmail account={account} />
      </StatusRow>
      {isInvited && (
        <StatusRow title={t.invitation} text={t.invited}>
          <PersonAct
            account={account}
            label={t.inviteAgain}
            description={t.inviteAgainText}
            run={() => {
              const { email, roles, locale } = account;
              return orThrow(
                api.POST('/auth/admin/invitations', { body: { email, roles, ...(locale && { locale }) } }),
              );
            }}
          />
        </StatusRow>
      )}
      <StatusRow
        title={t.password}
        text={
          account.has_password ? (
            <>
              {t.passwordSince} <Moment at={account.password_changed_at} />
            </>
          ) : (
            t.noPassword
          )
        }
      >
        <PersonAct
          account={account}
          label={t.reset}
          description={t.resetText}
          isDestructive
          run={() => orThrow(api.POST('/auth/admin/accounts/{id}/password-reset', { params }))}
        />
      </StatusRow>
      <StatusRow title={t.limits} text={t.limitsAre}>
        <PersonAct
          account={account}
          label={t.liftLimits}
          description={t.liftLimitsText}
          run={() => orThrow(api.DELETE('/auth/admin/accounts/{id}/rate-limits', { params }))}
        />
      </StatusRow>
    </Section>
  );
}
