import type { Messages } from '../message.ts';

export const en: Messages = {
  footer:
    'You get this mail because of an account with this e-mail address. If you did not expect it, you can ignore it.',
  messages: {
    email_verification: {
      subject: 'Confirm your e-mail address',
      paragraphs: ['Please confirm that {email} is your address.', 'The link is good for 24 hours and for one use.'],
      action: 'Confirm the address',
    },
    password_reset: {
      subject: 'Set a new password',
      paragraphs: [
        'Someone, probably you, asked to set a new password for {email}.',
        'The link is good for one hour and for one use. Until it is used, your password stays as it is.',
      ],
      action: 'Set a new password',
    },
    magic_link: {
      subject: 'Your link to log in',
      paragraphs: [
        'With this link you are logged in as {email}.',
        'It is good for 15 minutes and for one use. Do not pass it on.',
      ],
      action: 'Log in',
    },
    email_change: {
      subject: 'Confirm your new e-mail address',
      paragraphs: [
        'Please confirm that {email} is to be the new address of your account.',
        'The link is good for one hour and for one use.',
      ],
      action: 'Confirm the new address',
    },
    email_change_notice: {
      subject: 'Your e-mail address is about to change',
      paragraphs: [
        'Someone, probably you, asked to change the address of your account from {email} to {new_email}.',
        'If it was not you, change your password now: whoever asked for this is logged in to your account.',
      ],
    },
    new_device: {
      subject: 'A login on a new device',
      paragraphs: [
        'Your account {email} was used to log in on a device that we have not seen before: {device}, from the address {address}, at {time}.',
        'If it was not you, change your password now and end all other sessions.',
      ],
    },
    password_changed: {
      subject: 'Your password was changed',
      paragraphs: [
        'The password of your account {email} was changed at {time}.',
        'If it was not you, set a new password at once.',
      ],
    },
    password_reset_required: {
      subject: 'Set a new password',
      paragraphs: [
        'An administrator asks you to set a new password for {email}. The old one no longer works, and all sessions have ended.',
        'The link is good for one hour and for one use. After that, ask for a new one by “forgot password”.',
      ],
      action: 'Set a new password',
    },
    invitation: {
      subject: 'You are invited',
      paragraphs: [
        'An account was made for {email}. Set a password to use it.',
        'The link is good for 7 days and for one use.',
      ],
      action: 'Set a password',
    },
  },
};
