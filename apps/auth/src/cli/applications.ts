import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import { ApplicationsService, newApplicationSchema } from '../applications/index.ts';
import type { Terminal, WithService } from './terminal.ts';

const list = (value: string, earlier: string[]) => [...earlier, value];

/** A scope and its description, if it has one. */
function scopeOf(text: string): [name: string, description: string | undefined] {
  const end = text.indexOf('=');
  return end === -1 ? [text, undefined] : [text.slice(0, end), text.slice(end + 1)];
}

const imageTypes: Readonly<Record<string, string>> = { '.png': 'png', '.svg': 'svg+xml', '.webp': 'webp' };

/** The `data:` URL of a file. */
async function logoOf(path: unknown): Promise<string | undefined> {
  return typeof path === 'string'
    ? `data:image/${imageTypes[extname(path)] ?? ''};base64,${await readFile(path, 'base64')}`
    : undefined;
}

/** `applications list`, `create`, `rotate-secret` and `delete`. */
export function addApplicationsCommands(program: Command, { output }: Terminal, withService: WithService): void {
  const print = (line: string) => output.write(`${line}\n`);
  const applications = program
    .command('applications')
    .description('manage applications, the clients of the OpenID provider');

  /** Finds an application by its client id. */
  const withApplication = <T>(clientId: string, job: (service: ApplicationsService, id: string) => Promise<T>) =>
    withService(ApplicationsService, async (service) => {
      const found = await service.findByClientId(clientId);
      if (!found) {
        throw new Error(`there is no application ${clientId}`);
      }
      return job(service, found.id);
    });

  applications
    .command('list')
    .description('list all applications')
    .action(async () => {
      for (const { clientId, kind, name, declared } of await withService(ApplicationsService, (all) => all.list())) {
        print(`${clientId}  ${kind}  ${name}${declared ? '  (declared)' : ''}`);
      }
    });

  applications
    .command('create')
    .description('create an application, and print its secret if it has one')
    .requiredOption('--name <name>', 'what people see')
    .requiredOption('--kind <kind>', 'web, single_page, native or machine')
    .option('--client-id <id>', 'by default a UUID')
    .option('--redirect-uri <uri>', 'may be repeated', list, [])
    .option('--post-logout-redirect-uri <uri>', 'where people go after signing out; may be repeated', list, [])
    .option('--origin <origin>', 'of its pages, which may call this service (CORS); may be repeated', list, [])
    .option('--backchannel-logout-uri <uri>', 'is told when a session ends')
    .option('--scope <scope>', 'or scope=description, which people read who are asked; may be repeated', list, [])
    .option('--id-token-alg <algorithm>', 'of its ID tokens: ES256 or RS256')
    .option('--audience <audience>', 'that it serves as a resource server; may be repeated', list, [])
    .option('--logo-file <path>', 'a PNG, WebP or SVG file of 8 KiB at most, for the pages that its requests lead to')
    .option('--brand-color <color>', 'of buttons and links on the pages that its requests lead to, such as #1d4ed8')
    .option('--terms-url <url>', 'terms of use that those pages link to')
    .option('--privacy-url <url>', 'privacy policy that those pages link to')
    .option('--first-party', 'belongs to the operator: nobody is asked for consent', false)
    .action(async ({ scope: scopes, ...options }: Record<string, unknown> & { scope: string[] }) => {
      const described = scopes.map(scopeOf);
      const parsed = newApplicationSchema.safeParse({
        name: options['name'],
        kind: options['kind'],
        client_id: options['clientId'],
        redirect_uris: options['redirectUri'],
        post_logout_redirect_uris: options['postLogoutRedirectUri'],
        origins: options['origin'],
        backchannel_logout_uri: options['backchannelLogoutUri'],
        scopes: described.map(([name]) => name),
        scope_descriptions: Object.fromEntries<string | undefined>(described.filter(([, text]) => text !== undefined)),
        id_token_signed_response_alg: options['idTokenAlg'],
        audiences: options['audience'],
        logo: await logoOf(options['logoFile']),
        brand_color: options['brandColor'],
        terms_url: options['termsUrl'],
        privacy_url: options['privacyUrl'],
        first_party: options['firstParty'],
      });
      if (!parsed.success) {
        throw new Error(z.prettifyError(parsed.error));
      }
      const created = await withService(ApplicationsService, (service) => service.create(parsed.data, null, null));
      print(`client_id ${created.application.clientId}`);
      if (created.secret) {
        print(`client_secret ${created.secret.client_secret}`);
      }
    });

  applications
    .command('rotate-secret')
    .description('print a new secret; the newest of the others stays valid for a time')
    .argument('<client-id>')
    .option('--overlap <seconds>', 'how long', '86400')
    .action(async (clientId: string, options: { overlap: string }) => {
      const overlap = z.coerce.number().int().min(0).parse(options.overlap);
      const issued = await withApplication(clientId, (service, id) => service.rotateSecret(id, overlap, null, null));
      print(`client_secret ${issued.client_secret}`);
    });

  applications
    .command('delete')
    .description('delete an application, and end its grants')
    .argument('<client-id>')
    .action(async (clientId: string) => {
      await withApplication(clientId, (service, id) => service.delete(id, null, null));
      print(`deleted ${clientId}`);
    });
}
