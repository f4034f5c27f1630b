import type { Locale, Translated } from '../language.ts';

export const languageNames: Readonly<Record<Locale, string>> = {
  en: 'English',
  de: 'Deutsch',
  fr: 'Français',
  es: 'Español',
};

const en = {
  title: 'Console',
  skip: 'Skip to content',
  menu: 'Menu',
  navigation: 'Main navigation',
  language: 'Language',
  dark: 'Dark colours',
  light: 'Light colours',
  account: 'Your account',
  signOut: 'Sign out',
  loading: 'Loading',
  notFound: 'Page not found',
  notFoundText: 'The console has no such page. Choose another one from the navigation.',
};

export const texts: Translated<typeof en> = {
  en,
  de: {
    title: 'Konsole',
    skip: 'Zum Inhalt springen',
    menu: 'Menü',
    navigation: 'Hauptnavigation',
    language: 'Sprache',
    dark: 'Dunkle Farben',
    light: 'Helle Farben',
    account: 'Ihr Konto',
    signOut: 'Abmelden',
    loading: 'Wird geladen',
    notFound: 'Seite nicht gefunden',
    notFoundText: 'Diese Seite gibt es in der Konsole nicht. Wählen Sie eine andere in der Navigation.',
  },
  fr: {
    title: 'Console',
    skip: 'Aller au contenu',
    menu: 'Menu',
    navigation: 'Navigation principale',
    language: 'Langue',
    dark: 'Couleurs sombres',
    light: 'Couleurs claires',
    account: 'Votre compte',
    signOut: 'Se déconnecter',
    loading: 'Chargement',
    notFound: 'Page introuvable',
    notFoundText: 'Cette page n’existe pas dans la console. Choisissez-en une autre dans la navigation.',
  },
  es: {
    title: 'Consola',
    skip: 'Ir al contenido',
    menu: 'Menú',
    navigation: 'Navegación principal',
    language: 'Idioma',
    dark: 'Colores oscuros',
    light: 'Colores claros',
    account: 'Su cuenta',
    signOut: 'Cerrar sesión',
    loading: 'Cargando',
    notFound: 'Página no encontrada',
    notFoundText: 'Esta página no existe en la consola. Elija otra en la navegación.',
  },
};
