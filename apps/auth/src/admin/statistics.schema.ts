import { z } from 'zod';

export const statisticsQuerySchema = z.strictObject({
  period: z.enum(['hour', 'day', 'month']).default('day').meta({
    description: 'the last 60 minutes by the minute, the last 24 hours by the hour, or the last 30 days by the day',
  }),
});

const count = z.int().min(0);
const boundedCount = z.object({
  value: count,
  exact: z.boolean().meta({ description: 'false if the value is an estimate: above 10,000' }),
});
const time = z.iso.datetime();

export const statisticsSchema = z
  .object({
    buckets: z
      .array(
        z.object({
          from: time.meta({ description: 'start of the minute, the hour or the day in UTC' }),
          logins_succeeded: count,
          logins_failed: count,
          registrations: count,
          rate_limited: count.meta({ description: 'attempts of any kind that a rate limit rejected' }),
          active_sessions: count.meta({
            description: 'the highest number at once, counted every 30 seconds; an estimate above 10,000',
          }),
        }),
      )
      .meta({ description: 'the oldest first; the last one has not ended' }),
    now: z.object({
      accounts: boundedCount,
      active_sessions: boundedCount,
      mails_waiting: boundedCount,
      mails_failed: boundedCount,
      oldest_waiting_mail_seconds: z.number().meta({ description: '0 if no mail is waiting' }),
      signing_key_seconds: z.number().nullable().meta({
        description: 'for how long the current key of access tokens has signed; null if there is none',
      }),
    }),
  })
  .meta({ id: 'Statistics', description: 'What has happened in a period, and the present state' });

export type Statistics = z.output<typeof statisticsSchema>;

const few = { value: 3, exact: true };

export const statisticsExample: Statistics = {
  buckets: [
    {
      from: '2026-11-25T12:00:00.000Z',
      logins_succeeded: 1815,
      logins_failed: 42,
      registrations: 7,
      rate_limited: 12,
      active_sessions: 9120,
    },
  ],
  now: {
    accounts: { value: 1_204_000, exact: false },
    active_sessions: { value: 9120, exact: true },
    mails_waiting: few,
    mails_failed: { value: 0, exact: true },
    oldest_waiting_mail_seconds: 4.2,
    signing_key_seconds: 864_000,
  },
};
