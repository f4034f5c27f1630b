import type { MailTexts } from '../mails.ts';

export const mails: MailTexts = {
  footer: 'You received this automatic e-mail because this e-mail address was given for an account.',
  messages: {
    email_verification: {
      subject: 'Confirm your e-mail address',
      paragraphs: [
        'Please confirm that {email} is your e-mail address.',
        'The link is valid for 24 hours and can be used once. If you did not create an account, you can ignore this e-mail.',
      ],
      action: 'Confirm e-mail address',
    },
    account_exists: {
      subject: 'You already have an account',
      paragraphs: [
        'Someone, probably you, tried to use {email} for a new account, or as the new e-mail address of another one. You already have an account with this e-mail address. It has not changed.',
        'If you have forgotten your password, set a new one by this link, which is valid for one hour and can be used once. If this was not you, you can ignore this e-mail.',
      ],
      action: 'Set a new password',
    },
    password_reset: {
      subject: 'Set a new password',
      paragraphs: [
        'Someone, probably you, asked to reset the password for {email}.',
        'The link is valid for one hour and can be used once. Your current password stays valid until you set a new one. If this was not you, you can ignore this e-mail.',
      ],
      action: 'Set a new password',
    },
    magic_link: {
      subject: 'Your link to sign in',
      paragraphs: [
        'Use this link to sign in as {email}.',
        'The link is valid for 15 minutes and can be used once. Do not forward this e-mail. If you did not ask for it, you can ignore it.',
      ],
      action: 'Sign in',
    },
    email_change: {
      subject: 'Confirm your new e-mail address',
      paragraphs: [
        'Please confirm that {email} is the new e-mail address of your account.',
        'The link is valid for one hour and can be used once. If you did not ask for this change, you can ignore this e-mail.',
      ],
      action: 'Confirm new e-mail address',
    },
    email_change_notice: {
      subject: 'Your e-mail address is about to change',
      paragraphs: [
        'Someone, probably you, asked to change the e-mail address of your account from {email} to {new_email}.',
        'If this was not you, change your password now: the person who asked for the change is signed in to your account.',
      ],
    },
    new_device: {
      subject: 'Sign-in on a new device',
      paragraphs: [
        'Someone, probably you, signed in to your account {email} on a new device: {device}, from the IP address {address}, on {time}.',
        'If this was not you, change your password now and end all other sessions.',
      ],
    },
    password_changed: {
      subject: 'Your password was changed',
      paragraphs: [
        'The password of your account {email} was changed on {time}.',
        'If this was not you, reset your password immediately.',
      ],
    },
    password_reset_required: {
      subject: 'Set a new password',
      paragraphs: [
        'An administrator requires you to set a new password for {email}. Your old password no longer works, and all your sessions have ended.',
        'The link is valid for one hour and can be used once. After that, you can request a new link with “Forgot password”.',
      ],
      action: 'Set a new password',
    },
    invitation: {
      subject: 'You have been invited',
      paragraphs: [
        'An account was created for {email}. Set a password to start using it.',
        'The link is valid for 7 days and can be used once. If you do not want the account, you can ignore this e-mail.',
      ],
      action: 'Set a password',
    },
    account_deleted: {
      subject: 'Your account was deleted',
      paragraphs: [
        'The account {email} was deleted on {time}, with everything that was stored about it.',
        'If you did not ask for this, contact the operator of the service.',
      ],
    },
    authenticator_added: {
      subject: 'An authenticator app was added',
      paragraphs: [
        'An authenticator app was added to your account {email} on {time}. Signing in now requires a code from it.',
        'If this was not you, reset your password immediately and contact the operator of the service.',
      ],
    },
    authenticator_removed: {
      subject: 'Your authenticator app was removed',
      paragraphs: [
        'The authenticator app and the recovery codes of your account {email} were removed on {time}. Signing in no longer requires a code.',
        'If this was not you, reset your password immediately.',
      ],
    },
    email_changed: {
      subject: 'Your e-mail address was changed',
      paragraphs: [
        'The e-mail address of your account was changed from {email} to {new_email} on {time}.',
        'If this was not you, contact the operator of the service immediately.',
      ],
    },
    identity_linked: {
      subject: 'A way to sign in was added',
      paragraphs: [
        'The provider “{provider}” was linked to your account {email} on {time}. You can now sign in with it.',
        'If this was not you, reset your password immediately and remove the link.',
      ],
    },
    identity_unlinked: {
      subject: 'A way to sign in was removed',
      paragraphs: [
        'The link of your account {email} to the provider “{provider}” was removed on {time}.',
        'If this was not you, reset your password immediately.',
      ],
    },
    mfa_reset: {
      subject: 'Your second factors were removed',
      paragraphs: [
        'An administrator removed the authenticator app, the recovery codes and the passkeys of your account {email} on {time}. All your sessions have ended.',
        'If you did not ask for this, contact the operator of the service.',
      ],
    },
    passkey_added: {
      subject: 'A passkey was added',
      paragraphs: [
        'A passkey was added to your account {email} on {time}. It can be used to sign in.',
        'If this was not you, reset your password immediately and remove the passkey.',
      ],
    },
    passkey_removed: {
      subject: 'A passkey was removed',
      paragraphs: [
        'A passkey of your account {email} was removed on {time}.',
        'If this was not you, reset your password immediately.',
      ],
    },
    recovery_code_used: {
      subject: 'A recovery code was used',
      paragraphs: [
        'A recovery code of your account {email} was used on {time}. It cannot be used again.',
        'If this was not you, reset your password immediately and create new recovery codes.',
      ],
    },
  },
};
