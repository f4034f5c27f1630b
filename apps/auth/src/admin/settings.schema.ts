import type { SettingInForce } from '#common';
import { z } from 'zod';

export const settingListSchema = z
  .object({
    settings: z.array(
      z.object({
        name: z.string(),
        description: z.string(),
        unit: z.string().nullable(),
        secret: z.boolean(),
        set: z.boolean().meta({ description: 'whether it is set to something else than its default' }),
        value: z
          .union([z.string(), z.number(), z.boolean(), z.array(z.string())])
          .nullable()
          .meta({
            description: 'the value in force; null if there is none, for a secret, and for a text that may be one',
          }),
        default_value: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'SettingList', description: 'The settings in force' });

export type SettingList = z.output<typeof settingListSchema>;

export const toSettingList = (settings: SettingInForce[]): SettingList => ({
  settings: settings.map(({ name, description, unit, secret, isSet, value, defaultValue }) => ({
    name,
    description,
    unit: unit ?? null,
    secret,
    set: isSet,
    value: value ?? null,
    default_value: defaultValue ?? null,
  })),
});

export const settingListExample: SettingList = {
  settings: [
    {
      name: 'SESSION_IDLE_TTL_SECONDS',
      description: 'lifetime of a session after its last refresh',
      unit: 's',
      secret: false,
      set: true,
      value: 604_800,
      default_value: '2592000',
    },
    {
      name: 'SMTP_URL',
      description: 'mail server',
      unit: null,
      secret: true,
      set: true,
      value: null,
      default_value: null,
    },
  ],
};
