import { lazy, type ComponentType } from 'react';
import type { Translated } from './language.ts';

interface ConsolePage {
  path: string;
  label: Translated<string>;
  component: ComponentType;
}

/** All pages, in the order of the navigation. Each is loaded when it is first opened. */
export const pages: ConsolePage[] = [
  {
    path: '/',
    label: { en: 'Overview', de: 'Übersicht', fr: 'Vue d’ensemble', es: 'Resumen' },
    component: lazy(() => import('./pages/overview/overview.tsx')),
  },
  {
    path: '/people',
    label: { en: 'People', de: 'Personen', fr: 'Personnes', es: 'Personas' },
    component: lazy(() => import('./pages/people/people.tsx')),
  },
  {
    path: '/applications',
    label: { en: 'Applications', de: 'Anwendungen', fr: 'Applications', es: 'Aplicaciones' },
    component: lazy(() => import('./pages/applications/applications.tsx')),
  },
  {
    path: '/service-accounts',
    label: { en: 'Service accounts', de: 'Dienstkonten', fr: 'Comptes de service', es: 'Cuentas de servicio' },
    component: lazy(() => import('./pages/service-accounts/service-accounts.tsx')),
  },
  {
    path: '/webhooks',
    label: { en: 'Webhooks', de: 'Webhooks', fr: 'Webhooks', es: 'Webhooks' },
    component: lazy(() => import('./pages/webhooks/webhooks.tsx')),
  },
  {
    path: '/signing-keys',
    label: { en: 'Signing keys', de: 'Signaturschlüssel', fr: 'Clés de signature', es: 'Claves de firma' },
    component: lazy(() => import('./pages/signing-keys/signing-keys.tsx')),
  },
  {
    path: '/mail',
    label: { en: 'Mail', de: 'E-Mail', fr: 'E-mails', es: 'Correo' },
    component: lazy(() => import('./pages/mail/mail.tsx')),
  },
  {
    path: '/audit',
    label: { en: 'Audit log', de: 'Audit-Protokoll', fr: 'Journal d’audit', es: 'Registro de auditoría' },
    component: lazy(() => import('./pages/audit/audit.tsx')),
  },
  {
    path: '/settings',
    label: { en: 'Settings', de: 'Einstellungen', fr: 'Réglages', es: 'Ajustes' },
    component: lazy(() => import('./pages/settings/settings.tsx')),
  },
  {
    path: '/import',
    label: { en: 'Import', de: 'Import', fr: 'Import', es: 'Importación' },
    component: lazy(() => import('./pages/import/import.tsx')),
  },
];

/** Pages that the navigation does not list. */
export const subPages: { path: string; component: ComponentType }[] = [
  { path: '/people/:id/:section?', component: lazy(() => import('./pages/people/person.tsx')) },
  { path: '/applications/:id', component: lazy(() => import('./pages/applications/application.tsx')) },
  { path: '/service-accounts/:id', component: lazy(() => import('./pages/service-accounts/service-account.tsx')) },
  { path: '/webhooks/:id', component: lazy(() => import('./pages/webhooks/webhook.tsx')) },
];
