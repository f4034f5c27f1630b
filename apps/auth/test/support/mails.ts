import type { Client } from './client.ts';

/** The mail that an address got last, waited for. */
export async function mailTo(client: Client, to: string): Promise<{ subject: string; text: string; token: string }> {
  for (let tries = 0; tries < 100; tries += 1) {
    const { body } = await client.call('GET', '/dev/mails');
    const mail = body.mails.find((kept: { to: string }) => kept.to === to);
    if (mail) {
      return { ...mail, token: /token=([\w-]+)/.exec(mail.text)?.[1] ?? '' };
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`no mail to ${to}`);
}
