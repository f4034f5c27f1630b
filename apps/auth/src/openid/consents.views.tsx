import { Alert, ButtonForm, Layout, WayOut, type FormPageProps, type PageFrame } from '../pages/kit/index.ts';
import { fill } from '../texts/index.ts';
import type { Consent } from './consents.schema.ts';

interface PermissionsProps {
  page: PageFrame;
  scopes: string[];
  /** What scopes of the application allow, by scope. */
  descriptions: Readonly<Record<string, string>>;
}

/** What scopes allow, in plain words. A scope without any has its name, and a hint at what that is. */
export const Permissions = ({ page, scopes, descriptions }: PermissionsProps) => {
  const { openid } = page.texts;
  const explained: Readonly<Record<string, string>> = { ...descriptions, ...openid.scopes };
  return (
    <ul>
      {scopes.map((scope) => (
        <li>
          {explained[scope] ?? (
            <>
              {openid.unexplainedScope} <code>{scope}</code>
            </>
          )}
        </li>
      ))}
    </ul>
  );
};

/** The applications that may use an account. */
export const ConsentsPage = ({ page, form, consents }: FormPageProps & { consents: Consent[] }) => {
  const { applications, account, common } = page.texts;
  return (
    <Layout page={page} title={account.applicationsTitle} wide>
      <Alert text={form.alert} />
      {page.parameter('done') === 'withdrawn' && (
        <div class="notice" role="status">
          <p>{applications.withdrawn}</p>
        </div>
      )}
      {consents.length === 0 && <p>{applications.none}</p>}
      {consents.map(({ client_id, name, scopes, scope_descriptions: descriptions, granted_at: grantedAt }) => (
        <section>
          <div class="row">
            <h2>{name}</h2>
            <ButtonForm
              page={page}
              action="/account/applications/withdraw"
              label={applications.withdraw}
              of={name}
              values={{ client_id }}
            />
          </div>
          <p class="muted small">{fill(applications.since, { date: page.dateTime(new Date(grantedAt)) })}</p>
          <Permissions page={page} scopes={scopes} descriptions={descriptions} />
        </section>
      ))}
      <WayOut href="/account" label={common.toAccount} />
    </Layout>
  );
};
