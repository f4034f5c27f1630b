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
];

/** Pages that the navigation does not list. */
export const subPages: { path: string; component: ComponentType }[] = [
  { path: '/people/:id/:section?', component: lazy(() => import('./pages/people/person.tsx')) },
];
