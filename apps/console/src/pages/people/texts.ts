import type { Translated } from '../../language.ts';

const en = {
  title: 'People',
  search: 'E-mail address',
  email: 'E-mail address',
  roles: 'Roles',
  created: 'Created',
  empty: 'No account matches.',
};

export const texts: Translated<typeof en> = {
  en,
  de: {
    title: 'Personen',
    search: 'E-Mail-Adresse',
    email: 'E-Mail-Adresse',
    roles: 'Rollen',
    created: 'Erstellt',
    empty: 'Kein Konto passt dazu.',
  },
  fr: {
    title: 'Personnes',
    search: 'Adresse e-mail',
    email: 'Adresse e-mail',
    roles: 'Rôles',
    created: 'Création',
    empty: 'Aucun compte ne correspond.',
  },
  es: {
    title: 'Personas',
    search: 'Correo electrónico',
    email: 'Correo electrónico',
    roles: 'Roles',
    created: 'Creada',
    empty: 'Ninguna cuenta coincide.',
  },
};
