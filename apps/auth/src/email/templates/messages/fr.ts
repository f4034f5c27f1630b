import type { Messages } from '../message.ts';

export const fr: Messages = {
  footer:
    'Vous recevez ce message en raison d’un compte associé à cette adresse. Si vous ne l’attendiez pas, vous pouvez l’ignorer.',
  messages: {
    email_verification: {
      subject: 'Confirmez votre adresse e-mail',
      paragraphs: [
        'Veuillez confirmer que {email} est bien votre adresse.',
        'Le lien est valable 24 heures et une seule fois.',
      ],
      action: 'Confirmer l’adresse',
    },
    password_reset: {
      subject: 'Choisir un nouveau mot de passe',
      paragraphs: [
        'Quelqu’un, sans doute vous, a demandé un nouveau mot de passe pour {email}.',
        'Le lien est valable une heure et une seule fois. D’ici là, votre mot de passe reste inchangé.',
      ],
      action: 'Choisir un nouveau mot de passe',
    },
    magic_link: {
      subject: 'Votre lien de connexion',
      paragraphs: [
        'Ce lien vous connecte en tant que {email}.',
        'Il est valable 15 minutes et une seule fois. Ne le transmettez à personne.',
      ],
      action: 'Se connecter',
    },
    email_change: {
      subject: 'Confirmez votre nouvelle adresse e-mail',
      paragraphs: [
        'Veuillez confirmer que {email} doit devenir la nouvelle adresse de votre compte.',
        'Le lien est valable une heure et une seule fois.',
      ],
      action: 'Confirmer la nouvelle adresse',
    },
    email_change_notice: {
      subject: 'Votre adresse e-mail va changer',
      paragraphs: [
        'Quelqu’un, sans doute vous, a demandé de remplacer l’adresse {email} de votre compte par {new_email}.',
        'Si ce n’était pas vous, changez votre mot de passe maintenant : l’auteur de cette demande est connecté à votre compte.',
      ],
    },
    new_device: {
      subject: 'Connexion depuis un nouvel appareil',
      paragraphs: [
        'Un appareil encore inconnu s’est connecté à votre compte {email} : {device}, depuis l’adresse {address}, à {time}.',
        'Si ce n’était pas vous, changez votre mot de passe maintenant et fermez toutes les autres sessions.',
      ],
    },
    password_changed: {
      subject: 'Votre mot de passe a été modifié',
      paragraphs: [
        'Le mot de passe de votre compte {email} a été modifié à {time}.',
        'Si ce n’était pas vous, choisissez-en un nouveau immédiatement.',
      ],
    },
    password_reset_required: {
      subject: 'Un nouveau mot de passe est nécessaire',
      paragraphs: [
        'L’administration vous demande de choisir un nouveau mot de passe pour {email}. L’ancien n’est plus valable et toutes les sessions sont fermées.',
        'Le lien est valable une heure et une seule fois. Ensuite, demandez-en un autre par « mot de passe oublié ».',
      ],
      action: 'Choisir un nouveau mot de passe',
    },
    invitation: {
      subject: 'Vous êtes invité',
      paragraphs: [
        'Un compte a été créé pour {email}. Choisissez un mot de passe pour l’utiliser.',
        'Le lien est valable 7 jours et une seule fois.',
      ],
      action: 'Choisir un mot de passe',
    },
  },
};
