import { expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeSettings } from '#common';
import { authSettings } from '../../apps/auth/src/config.ts';
import { routesOf } from './api-routes.ts';
import { apiPage } from './api.ts';
import { clientTypes } from './client-types.ts';
import { configurationPage, providersExample } from './configuration.ts';
import { dataModelPage } from './data-model.ts';
import { groupSettings } from './setting-groups.ts';
import { formatPage, formatted } from './write.ts';

const settings = describeSettings(authSettings);
const committed = (path: string) => readFileSync(join(import.meta.dirname, '../..', path), 'utf8');

it.each([
  ['docs/configuration.md', () => configurationPage(settings)],
  ['docs/api.md', () => apiPage(JSON.parse(committed('apps/auth/openapi.json')))],
])('%s is what `npm run generate` writes', async (path, page) => {
  expect(committed(path)).toBe(await formatPage(path, page()));
});

it('the client’s types are those of the OpenAPI document', async () => {
  const path = 'libs/client/src/api.ts';
  expect(committed(path)).toBe(
    await formatted(path, await clientTypes(JSON.parse(committed('apps/auth/openapi.json')))),
  );
});

it('every setting is in exactly one group', () => {
  const grouped = groupSettings(settings).flatMap(([, members]) => members);
  expect(grouped.map(({ name }) => name).sort()).toEqual(Object.keys(authSettings.shape).sort());
});

it('rejects a setting without a group, and a group with an unknown setting', () => {
  expect(() => groupSettings([...settings, { name: 'NEW', description: '', required: true }])).toThrow(/: NEW$/);
  expect(() => groupSettings(settings.filter(({ name }) => name !== 'PORT'))).toThrow(/: PORT$/);
});

it('the example of OIDC_PROVIDERS is valid', () => {
  const { success } = authSettings.shape.OIDC_PROVIDERS.safeParse(JSON.stringify(providersExample));
  expect(success).toBe(true);
});

it('rejects a route with a tag that the document does not list', () => {
  const document = { openapi: '3.1.0', info: { title: '', version: '' }, tags: [{ name: 'known' }] };
  const route = (tag: string) => ({ '/x': { get: { tags: [tag], responses: {} } } });
  expect(routesOf({ ...document, paths: route('known') })).toHaveLength(1);
  expect(() => routesOf({ ...document, paths: route('other') })).toThrow('GET /x has the tag "other"');
});

it('the diagram tells optional and single references apart', () => {
  const reference = (name: string, nullable: boolean, unique: boolean) => ({
    name,
    unlogged: false,
    columns: [{ name: 'owner_id', type: 'uuid', nullable }],
    foreignKeys: [{ columns: ['owner_id'], target: 'owner', onDelete: 'cascade' }],
    uniqueKeys: unique ? [{ primary: false, columns: ['owner_id'], condition: null }] : [],
  });
  const page = dataModelPage([
    reference('many', false, false),
    reference('perhaps', true, false),
    reference('one', false, true),
  ]);
  expect(page.match(/owner [|o]{2}--.*/g)).toEqual([
    'owner ||--o{ many : "owner_id"',
    'owner |o--o{ perhaps : "owner_id"',
    'owner ||--o| one : "owner_id"',
  ]);
  expect(page).toContain('uuid owner_id FK, UK');
});
