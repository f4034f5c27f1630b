import { Alert, Anchor } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useParams } from 'wouter';
import type { Application } from '#client';
import { api, orThrow, queries } from '../../api.ts';
import { Act } from '../../kit/act.tsx';
import { DeleteAct } from '../../kit/delete-act.tsx';
import { Scopes } from '../../kit/scopes.tsx';
import { Facts, Lines } from '../../kit/facts.tsx';
import { Section } from '../../kit/section.tsx';
import { isGone, Loaded } from '../../kit/loaded.tsx';
import { PageTitle } from '../../kit/page-title.tsx';
import { WebLink } from '../../kit/web-link.tsx';
import { useFormats, useTexts } from '../../language.ts';
import { Consents } from './consents.tsx';
import { changeOf, draftOf, isComplete, type Draft } from './draft.ts';
import { ApplicationFields } from './fields.tsx';
import { Logo } from './logo.tsx';
import { Secrets } from './secrets.tsx';
import { Snippets } from './snippets.tsx';
import { texts } from './texts.ts';

function EditAct({ application }: { application: Application }) {
  const t = useTexts(texts);
  // the rest follows the application, so that it undoes nothing that others change meanwhile
  const [edits, setEdits] = useState<Partial<Draft>>({});
  const draft = { ...draftOf(application), ...edits };
  return (
    <Act
      label={t.edit}
      description={t.editDescription}
      fields={
        <ApplicationFields
          draft={draft}
          onChange={(change) => {
            setEdits((before) => ({ ...before, ...change }));
          }}
        />
      }
      canRun={isComplete(draft)}
      run={() => {
        const params = { path: { id: application.id } };
        return orThrow(api.PUT('/auth/admin/applications/{id}', { params, body: changeOf(draft, application) }));
      }}
      changes={['applications', 'application']}
      onOpen={() => {
        setEdits({});
        void queries.invalidateQueries({ queryKey: ['application', application.id] });
      }}
    />
  );
}

const nameOfKey = ({ kid, kty, alg }: NonNullable<Application['jwks']>['keys'][number]) =>
  [kid, alg ?? kty].filter((part) => typeof part === 'string').join(', ');

function Details({ application }: { application: Application }) {
  const t = useTexts(texts);
  const { duration } = useFormats();
  const { declared, authentication, kind } = application;
  const ttl = (seconds: number | null) => (seconds === null ? t.default : duration(seconds, 'second'));
  return (
    <>
      {declared && (
        <Alert color="blue" title={t.declaredTitle} mb="md">
          {t.declaredText}
        </Alert>
      )}
      <Facts
        facts={[
          [t.clientId, application.client_id],
          [t.kind, t.kinds[kind]],
          [t.authentication, t.authentications[authentication]],
          [t.firstParty, application.first_party ? t.yes : t.no],
          [t.redirectUris, <Lines texts={application.redirect_uris} />],
          [t.postLogoutRedirectUris, <Lines texts={application.post_logout_redirect_uris} />],
          [t.origins, <Lines texts={application.origins} />],
          [t.backchannelLogoutUri, application.backchannel_logout_uri ?? '–'],
          [t.scopes, <Scopes names={application.scopes} descriptions={application.scope_descriptions} />],
          [t.resources, <Lines texts={application.resources} />],
          [t.audiences, <Lines texts={application.audiences} />],
          [t.jwks, <Lines texts={application.jwks?.keys.map(nameOfKey) ?? []} />],
          [t.algorithm, application.id_token_signed_response_alg],
          [t.accessTokenTtl, ttl(application.access_token_ttl_seconds)],
          [t.refreshTokenTtl, ttl(application.refresh_token_ttl_seconds)],
          [t.logo, application.logo === null ? '–' : <Logo url={application.logo} />],
          [t.termsUrl, <WebLink url={application.terms_url} />],
          [t.privacyUrl, <WebLink url={application.privacy_url} />],
        ]}
      />
      {authentication === 'client_secret_basic' && <Secrets application={application} />}
      {kind !== 'machine' && <Consents application={application} />}
      <Section title={t.snippets}>
        <Snippets application={application} />
      </Section>
    </>
  );
}

/** One application: what it may do, its secrets, and how to build it. */
export default function ApplicationPage() {
  const t = useTexts(texts);
  const { id } = useParams<{ id: string }>();
  const query = useQuery({
    queryKey: ['application', id],
    queryFn: ({ signal }) => orThrow(api.GET('/auth/admin/applications/{id}', { params: { path: { id } }, signal })),
  });
  return (
    <>
      <Anchor component={Link} href="/applications">
        ← {t.title}
      </Anchor>
      <PageTitle title={query.data?.name ?? t.one}>
        {query.data?.declared === false && !isGone(query.error) && (
          <>
            <EditAct application={query.data} />
            <DeleteAct
              label={t.delete}
              description={t.deleteDescription}
              typedName={query.data.name}
              run={() => orThrow(api.DELETE('/auth/admin/applications/{id}', { params: { path: { id } } }))}
              list="applications"
              detail={['application', id]}
            />
          </>
        )}
      </PageTitle>
      <Loaded query={query}>{(application) => <Details application={application} />}</Loaded>
    </>
  );
}
