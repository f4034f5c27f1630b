import type { MailTexts } from '../mails.ts';

export const mails: MailTexts = {
  footer: 'Vous recevez cet e-mail automatique parce que cette adresse e-mail a été indiquée pour un compte.',
  messages: {
    email_verification: {
      subject: 'Confirmez votre adresse e-mail',
      paragraphs: [
        'Veuillez confirmer que {email} est bien votre adresse e-mail.',
        'Le lien est valable 24 heures et ne peut être utilisé qu’une seule fois. Si vous n’avez pas créé de compte, vous pouvez ignorer cet e-mail.',
      ],
      action: 'Confirmer l’adresse e-mail',
    },
    account_exists: {
      subject: 'Vous avez déjà un compte',
      paragraphs: [
        'Quelqu’un, probablement vous, a voulu utiliser {email} pour un nouveau compte ou comme nouvelle adresse e-mail d’un autre compte. Vous avez déjà un compte avec cette adresse e-mail. Il n’a pas été modifié.',
        'Si vous avez oublié votre mot de passe, choisissez-en un nouveau avec ce lien, valable une heure et utilisable une seule fois. Si ce n’était pas vous, vous pouvez ignorer cet e-mail.',
      ],
      action: 'Choisir un nouveau mot de passe',
    },
    password_reset: {
      subject: 'Choisissez un nouveau mot de passe',
      paragraphs: [
        'Quelqu’un, probablement vous, a demandé à réinitialiser le mot de passe du compte {email}.',
        'Le lien est valable une heure et ne peut être utilisé qu’une seule fois. Votre mot de passe actuel reste valable jusqu’à ce que vous en choisissiez un nouveau. Si ce n’était pas vous, vous pouvez ignorer cet e-mail.',
      ],
      action: 'Choisir un nouveau mot de passe',
    },
    magic_link: {
      subject: 'Votre lien de connexion',
      paragraphs: [
        'Utilisez ce lien pour vous connecter en tant que {email}.',
        'Le lien est valable 15 minutes et ne peut être utilisé qu’une seule fois. Ne transférez pas cet e-mail. Si vous ne l’avez pas demandé, vous pouvez l’ignorer.',
      ],
      action: 'Se connecter',
    },
    email_change: {
      subject: 'Confirmez votre nouvelle adresse e-mail',
      paragraphs: [
        'Veuillez confirmer que {email} est la nouvelle adresse e-mail de votre compte.',
        'Le lien est valable une heure et ne peut être utilisé qu’une seule fois. Si vous n’avez pas demandé ce changement, vous pouvez ignorer cet e-mail.',
      ],
      action: 'Confirmer la nouvelle adresse e-mail',
    },
    email_change_notice: {
      subject: 'Votre adresse e-mail va être modifiée',
      paragraphs: [
        'Quelqu’un, probablement vous, a demandé à remplacer l’adresse e-mail de votre compte, {email}, par {new_email}.',
        'Si ce n’était pas vous, changez votre mot de passe dès maintenant : la personne à l’origine de cette demande est connectée à votre compte.',
      ],
    },
    new_device: {
      subject: 'Connexion depuis un nouvel appareil',
      paragraphs: [
        'Quelqu’un, probablement vous, s’est connecté à votre compte {email} depuis un nouvel appareil : {device}, adresse IP {address}, date et heure : {time}.',
        'Si ce n’était pas vous, changez votre mot de passe dès maintenant et fermez toutes les autres sessions.',
      ],
    },
    password_changed: {
      subject: 'Votre mot de passe a été modifié',
      paragraphs: [
        'Le mot de passe de votre compte {email} a été modifié. Date et heure : {time}.',
        'Si ce n’était pas vous, réinitialisez votre mot de passe immédiatement.',
      ],
    },
    password_reset_required: {
      subject: 'Vous devez choisir un nouveau mot de passe',
      paragraphs: [
        'Un administrateur vous demande de choisir un nouveau mot de passe pour {email}. Votre ancien mot de passe n’est plus valable et toutes vos sessions ont été fermées.',
        'Le lien est valable une heure et ne peut être utilisé qu’une seule fois. Ensuite, vous pouvez demander un nouveau lien avec « Mot de passe oublié ».',
      ],
      action: 'Choisir un nouveau mot de passe',
    },
    invitation: {
      subject: 'Vous avez reçu une invitation',
      paragraphs: [
        'Un compte a été créé pour {email}. Choisissez un mot de passe pour l’utiliser.',
        'Le lien est valable 7 jours et ne peut être utilisé qu’une seule fois. Si vous ne souhaitez pas utiliser ce compte, vous pouvez ignorer cet e-mail.',
      ],
      action: 'Choisir un mot de passe',
    },
    account_deleted: {
      subject: 'Votre compte a été supprimé',
      paragraphs: [
        'Le compte {email} a été supprimé, avec toutes les données enregistrées à son sujet. Date et heure : {time}.',
        'Si vous n’avez pas demandé cette suppression, contactez l’exploitant du service.',
      ],
    },
    authenticator_added: {
      subject: 'Une application d’authentification a été ajoutée',
      paragraphs: [
        'Une application d’authentification a été ajoutée à votre compte {email}. La connexion demande désormais un code de cette application. Date et heure : {time}.',
        'Si ce n’était pas vous, réinitialisez immédiatement votre mot de passe et contactez l’exploitant du service.',
      ],
    },
    authenticator_removed: {
      subject: 'Votre application d’authentification a été supprimée',
      paragraphs: [
        'L’application d’authentification et les codes de récupération de votre compte {email} ont été supprimés. La connexion ne demande plus de code. Date et heure : {time}.',
        'Si ce n’était pas vous, réinitialisez immédiatement votre mot de passe.',
      ],
    },
    email_changed: {
      subject: 'Votre adresse e-mail a été modifiée',
      paragraphs: [
        'L’adresse e-mail de votre compte est passée de {email} à {new_email}. Date et heure : {time}.',
        'Si ce n’était pas vous, contactez immédiatement l’exploitant du service.',
      ],
    },
    identity_linked: {
      subject: 'Un moyen de connexion a été ajouté',
      paragraphs: [
        'Le fournisseur « {provider} » a été associé à votre compte {email}. Vous pouvez désormais l’utiliser pour vous connecter. Date et heure : {time}.',
        'Si ce n’était pas vous, réinitialisez immédiatement votre mot de passe et supprimez cette association.',
      ],
    },
    identity_unlinked: {
      subject: 'Un moyen de connexion a été supprimé',
      paragraphs: [
        'L’association de votre compte {email} avec le fournisseur « {provider} » a été supprimée. Date et heure : {time}.',
        'Si ce n’était pas vous, réinitialisez immédiatement votre mot de passe.',
      ],
    },
    mfa_reset: {
      subject: 'Vos seconds facteurs ont été supprimés',
      paragraphs: [
        'Un administrateur a supprimé l’application d’authentification, les codes de récupération et les clés d’accès de votre compte {email}. Toutes vos sessions ont pris fin. Date et heure : {time}.',
        'Si vous ne l’avez pas demandé, contactez l’exploitant du service.',
      ],
    },
    passkey_added: {
      subject: 'Une clé d’accès a été ajoutée',
      paragraphs: [
        'Une clé d’accès a été ajoutée à votre compte {email}. Elle permet de se connecter. Date et heure : {time}.',
        'Si ce n’était pas vous, réinitialisez immédiatement votre mot de passe et supprimez cette clé d’accès.',
      ],
    },
    passkey_removed: {
      subject: 'Une clé d’accès a été supprimée',
      paragraphs: [
        'Une clé d’accès de votre compte {email} a été supprimée. Date et heure : {time}.',
        'Si ce n’était pas vous, réinitialisez immédiatement votre mot de passe.',
      ],
    },
    recovery_code_used: {
      subject: 'Un code de récupération a été utilisé',
      paragraphs: [
        'Un code de récupération de votre compte {email} a été utilisé. Il ne peut plus servir. Date et heure : {time}.',
        'Si ce n’était pas vous, réinitialisez immédiatement votre mot de passe et créez de nouveaux codes de récupération.',
      ],
    },
  },
};
