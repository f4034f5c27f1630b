import type { Translated } from '../language.ts';

const en = {
  again: 'Try again',
  signOut: 'Sign out',
  factorTitle: 'Add a second factor first',
  factorText:
    'The console is for admins with a second factor. Add a passkey or an authenticator app to your account, then come back.',
  factorAction: 'Go to your account',
  failedTitle: 'The sign-in failed',
  failedText: 'Nothing was changed.',
  unavailableTitle: 'The console can’t be opened now',
  roleTitle: 'You may not use the console',
  roleText: '{email} is not an admin. Ask an admin for the role, or sign in with another account.',
};

export const texts: Translated<typeof en> = {
  en,
  de: {
    again: 'Erneut versuchen',
    signOut: 'Abmelden',
    factorTitle: 'Richten Sie zuerst einen zweiten Faktor ein',
    factorText:
      'Die Konsole ist für Administratoren mit einem zweiten Faktor. Richten Sie einen Passkey oder eine Authenticator-App ein und kommen Sie zurück.',
    factorAction: 'Zu Ihrem Konto',
    failedTitle: 'Die Anmeldung ist fehlgeschlagen',
    failedText: 'Es wurde nichts geändert.',
    unavailableTitle: 'Die Konsole kann gerade nicht geöffnet werden',
    roleTitle: 'Sie dürfen die Konsole nicht verwenden',
    roleText:
      '{email} ist kein Administrator. Bitten Sie einen Administrator um die Rolle oder melden Sie sich mit einem anderen Konto an.',
  },
  fr: {
    again: 'Réessayer',
    signOut: 'Se déconnecter',
    factorTitle: 'Ajoutez d’abord un second facteur',
    factorText:
      'La console est réservée aux administrateurs avec un second facteur. Ajoutez une clé d’accès ou une application d’authentification, puis revenez.',
    factorAction: 'Aller à votre compte',
    failedTitle: 'La connexion a échoué',
    failedText: 'Rien n’a été modifié.',
    unavailableTitle: 'La console ne peut pas être ouverte pour le moment',
    roleTitle: 'Vous n’êtes pas autorisé à utiliser la console',
    roleText:
      '{email} n’est pas administrateur. Demandez le rôle à un administrateur ou connectez-vous avec un autre compte.',
  },
  es: {
    again: 'Reintentar',
    signOut: 'Cerrar sesión',
    factorTitle: 'Añada primero un segundo factor',
    factorText:
      'La consola es para administradores con un segundo factor. Añada una clave de acceso o una aplicación de autenticación y vuelva.',
    factorAction: 'Ir a su cuenta',
    failedTitle: 'El inicio de sesión ha fallado',
    failedText: 'No se ha cambiado nada.',
    unavailableTitle: 'La consola no se puede abrir ahora',
    roleTitle: 'No tiene permiso para usar la consola',
    roleText: '{email} no es administrador. Pida el rol a un administrador o inicie sesión con otra cuenta.',
  },
};
