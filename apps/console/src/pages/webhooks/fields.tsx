import { Checkbox, Group, Button, Stack, TextInput, Fieldset } from '@mantine/core';
import type { Webhook, WebhookSettings } from '#client';
import { useTexts } from '../../language.ts';
import { eventTypes } from './event-types.ts';
import { texts } from './texts.ts';

export const emptySettings: WebhookSettings = { url: '', description: '', event_types: [], enabled: true };

export const settingsOf = ({ url, description, event_types, enabled }: Webhook): WebhookSettings => ({
  url,
  description,
  event_types: eventTypes.filter((type) => event_types.includes(type)),
  enabled,
});

/** What the service stores. */
export const bodyOf = ({ description, ...settings }: WebhookSettings): WebhookSettings => ({
  ...settings,
  url: settings.url.trim(),
  description: (description ?? '').trim() || 'webhook',
});

export const isComplete = ({ url, event_types }: WebhookSettings): boolean =>
  url.trim() !== '' && event_types.length > 0;

/** The fields of a webhook. */
export function WebhookFields(props: {
  settings: WebhookSettings;
  /** Called with the members that were changed. */
  onChange: (change: Partial<WebhookSettings>) => void;
}) {
  const { settings, onChange } = props;
  const t = useTexts(texts);
  const select = (types: string[]) => {
    onChange({ event_types: eventTypes.filter((type) => types.includes(type)) });
  };
  return (
    <Stack>
      <TextInput
        type="url"
        label={t.url}
        description={t.urlDescription}
        value={settings.url}
        required
        maxLength={512}
        autoComplete="off"
        onChange={({ currentTarget }) => {
          onChange({ url: currentTarget.value });
        }}
      />
      <TextInput
        label={t.description}
        value={settings.description}
        maxLength={200}
        autoComplete="off"
        onChange={({ currentTarget }) => {
          onChange({ description: currentTarget.value });
        }}
      />
      <Checkbox
        label={t.enabled}
        checked={settings.enabled}
        onChange={({ currentTarget }) => {
          onChange({ enabled: currentTarget.checked });
        }}
      />
      <Fieldset legend={t.events}>
        <Group gap="xs" mb="sm">
          <Button
            size="xs"
            variant="default"
            onClick={() => {
              select([...eventTypes]);
            }}
          >
            {t.all}
          </Button>
          <Button
            size="xs"
            variant="default"
            onClick={() => {
              select([]);
            }}
          >
            {t.none}
          </Button>
        </Group>
        <Checkbox.Group aria-label={t.events} value={settings.event_types} onChange={select}>
          <Stack gap="xs">
            {eventTypes.map((type) => (
              <Checkbox key={type} value={type} label={type} />
            ))}
          </Stack>
        </Checkbox.Group>
      </Fieldset>
    </Stack>
  );
}
