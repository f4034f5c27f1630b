import { lazy, type ComponentType } from 'react';
import type { Translated } from './language.ts';

interface Route {
  path: string;
  component: ComponentType;
  load: () => Promise<unknown>;
}

const page = (load: () => Promise<{ default: ComponentType }>) => ({ load, component: lazy(load) });

/** All pages, in the order of the navigation. Each is loaded when it is first opened. */
export const pages: (Route & { label: Translated<string> })[] = [
  {
    path: '/',
    label: { en: 'Overview', de: 'Übersicht', fr: 'Vue d’ensemble', es: 'Resumen' },
    ...page(() => import('./pages/overview/overview.tsx')),
  },
  {
    path: '/people',
    label: { en: 'People', de: 'Personen', fr: 'Personnes', es: 'Personas' },
    ...page(() => import('./pages/people/people.tsx')),
  },
  {
    path: '/applications',
    label: { en: 'Applications', de: 'Anwendungen', fr: 'Applications', es: 'Aplicaciones' },
    ...page(() => import('./pages/applications/applications.tsx')),
  },
  {
    path: '/service-accounts',
    label: { en: 'Service accounts', de: 'Dienstkonten', fr: 'Comptes de service', es: 'Cuentas de servicio' },
    ...page(() => import('./pages/service-accounts/service-accounts.tsx')),
  },
  {
    path: '/webhooks',
    label: { en: 'Webhooks', de: 'Webhooks', fr: 'Webhooks', es: 'Webhooks' },
    ...page(() => import('./pages/webhooks/webhooks.tsx')),
  },
  {
    path: '/signing-keys',
    label: { en: 'Signing keys', de: 'Signaturschlüssel', fr: 'Clés de signature', es: 'Claves de firma' },
    ...page(() => import('./pages/signing-keys/signing-keys.tsx')),
  },
  {
    path: '/mail',
    label: { en: 'Mail', de: 'E-Mail', fr: 'E-mails', es: 'Correo' },
    ...page(() => import('./pages/mail/mail.tsx')),
  },
  {
    path: '/audit',
    label: { en: 'Audit log', de: 'Audit-Protokoll', fr: 'Journal d’audit', es: 'Registro de auditoría' },
    ...page(() => import('./pages/audit/audit.tsx')),
  },
  {
    path: '/settings',
    label: { en: 'Settings', de: 'Einstellungen', fr: 'Réglages', es: 'Ajustes' },
    ...page(() => import('./pages/settings/settings.tsx')),
  },
  {
    path: '/import',
    label: { en: 'Import', de: 'Import', fr: 'Import', es: 'Importación' },
    ...page(() => import('./pages/import/import.tsx')),
  },
];

/** Pages that the navigation does not list. */
export const subPages: Route[] = [
  { path: '/people/:id/:section?', ...page(() => import('./pages/people/person.tsx')) },
  { path: '/applications/:id', ...page(() => import('./pages/applications/application.tsx')) },
  { path: '/service-accounts/:id', ...page(() => import('./pages/service-accounts/service-account.tsx')) },
  { path: '/webhooks/:id', ...page(() => import('./pages/webhooks/webhook.tsx')) },
];

/** Begins to load the page at a path, before it is shown. What shows it tells of a failure. */
export function preloadPage(path: string): void {
  const [, section = '', id] = path.split('/');
  const routes: Route[] = id === undefined ? pages : subPages;
  routes
    .find((route) => route.path.split('/')[1] === section)
    ?.load()
    .catch(() => undefined);
}
