import { Checkbox, Fieldset, JsonInput, NativeSelect, Radio, Stack, TextInput } from '@mantine/core';
import { LinesField } from '../../kit/lines-field.tsx';
import { useTexts } from '../../language.ts';
import { areKeysReadable, kinds, type Draft } from './draft.ts';
import { LogoField } from './logo-field.tsx';
import { texts } from './texts.ts';

interface FieldsProps {
  draft: Draft;
  /** Called with the members that were changed. */
  onChange: (change: Partial<Draft>) => void;
  /** Whether the client id and the kind can still be chosen. */
  isNew?: boolean;
}

/** The fields of an application, those alone that its kind has. */
export function ApplicationFields({ draft, onChange: set, isNew = false }: FieldsProps) {
  const t = useTexts(texts);
  const { kind } = draft;
  const line = (member: keyof Draft, label: string, description?: string) => (
    <TextInput
      label={label}
      description={description}
      value={String(draft[member])}
      autoComplete="off"
      spellCheck={false}
      onChange={({ currentTarget }) => {
        set({ [member]: currentTarget.value });
      }}
    />
  );
  const lines = (member: keyof Draft, label: string, description?: string, required = false) => (
    <LinesField
      label={label}
      description={description}
      value={String(draft[member])}
      required={required}
      onChange={(value) => {
        set({ [member]: value });
      }}
    />
  );
  const hasPeople = kind !== 'machine';
  return (
    <Stack>
      {isNew && (
        <Radio.Group
          label={t.kind}
          value={kind}
          onChange={(value) => {
            set({ kind: value });
          }}
        >
          <Stack gap="xs" mt="xs">
            {kinds.map((value) => (
              <Radio key={value} value={value} label={t.kinds[value]} description={t.kindDescriptions[value]} />
            ))}
          </Stack>
        </Radio.Group>
      )}
      <TextInput
        label={t.name}
        description={t.nameDescription}
        value={draft.name}
        required
        maxLength={64}
        autoComplete="off"
        onChange={({ currentTarget }) => {
          set({ name: currentTarget.value });
        }}
      />
      {isNew && line('clientId', t.clientId, t.clientIdDescription)}
      <Checkbox
        label={t.firstParty}
        description={t.firstPartyDescription}
        checked={draft.firstParty}
        onChange={({ currentTarget }) => {
          set({ firstParty: currentTarget.checked });
        }}
      />
      {hasPeople && lines('redirectUris', t.redirectUris, t.redirectUrisDescription, true)}
      {hasPeople && lines('postLogoutRedirectUris', t.postLogoutRedirectUris, t.postLogoutDescription)}
      {kind === 'single_page' && lines('origins', t.origins, t.originsDescription)}
      <Fieldset legend={t.access}>
        <Stack>
          {lines('scopes', t.scopes, t.scopesDescription)}
          {lines('resources', t.resources, t.resourcesDescription)}
          {(kind === 'web' || kind === 'machine') && lines('audiences', t.audiences, t.audiencesDescription)}
        </Stack>
      </Fieldset>
      <Fieldset legend={t.more}>
        <Stack>
          {kind === 'web' && line('backchannelLogoutUri', t.backchannelLogoutUri, t.backchannelDescription)}
          {kind !== 'single_page' && lines('origins', t.origins, t.originsDescription)}
          <NativeSelect
            label={t.algorithm}
            value={draft.idTokenAlgorithm}
            data={['ES256', 'RS256']}
            onChange={({ currentTarget }) => {
              set({ idTokenAlgorithm: currentTarget.value as Draft['idTokenAlgorithm'] });
            }}
          />
          {line('accessTokenTtl', t.accessTokenTtl, t.ttlDescription)}
          {hasPeople && line('refreshTokenTtl', t.refreshTokenTtl, t.ttlDescription)}
          {(kind === 'web' || kind === 'machine') && (
            <JsonInput
              label={t.jwks}
              description={t.jwksDescription}
              value={draft.jwks}
              error={areKeysReadable(draft) ? undefined : t.jwksInvalid}
              autosize
              minRows={2}
              maxRows={12}
              autoComplete="off"
              spellCheck={false}
              onChange={(value) => {
                set({ jwks: value });
              }}
            />
          )}
          {hasPeople && (
            <LogoField
              logo={draft.logo}
              onChange={(logo) => {
                set({ logo });
              }}
            />
          )}
          {hasPeople && line('brandColor', t.brandColor, t.brandDescription)}
          {hasPeople && line('termsUrl', t.termsUrl)}
          {hasPeople && line('privacyUrl', t.privacyUrl)}
        </Stack>
      </Fieldset>
    </Stack>
  );
}
