import type { Messages } from '../message.ts';

export const de: Messages = {
  footer:
    'Sie erhalten diese E-Mail wegen eines Kontos mit dieser Adresse. Wenn Sie sie nicht erwartet haben, können Sie sie ignorieren.',
  messages: {
    email_verification: {
      subject: 'Bestätigen Sie Ihre E-Mail-Adresse',
      paragraphs: [
        'Bitte bestätigen Sie, dass {email} Ihre Adresse ist.',
        'Der Link gilt 24 Stunden und für eine Verwendung.',
      ],
      action: 'Adresse bestätigen',
    },
    password_reset: {
      subject: 'Neues Passwort festlegen',
      paragraphs: [
        'Jemand, vermutlich Sie, möchte für {email} ein neues Passwort festlegen.',
        'Der Link gilt eine Stunde und für eine Verwendung. Bis dahin bleibt Ihr Passwort unverändert.',
      ],
      action: 'Neues Passwort festlegen',
    },
    magic_link: {
      subject: 'Ihr Link zur Anmeldung',
      paragraphs: [
        'Mit diesem Link melden Sie sich als {email} an.',
        'Er gilt 15 Minuten und für eine Verwendung. Geben Sie ihn nicht weiter.',
      ],
      action: 'Anmelden',
    },
    email_change: {
      subject: 'Bestätigen Sie Ihre neue E-Mail-Adresse',
      paragraphs: [
        'Bitte bestätigen Sie, dass {email} die neue Adresse Ihres Kontos werden soll.',
        'Der Link gilt eine Stunde und für eine Verwendung.',
      ],
      action: 'Neue Adresse bestätigen',
    },
    email_change_notice: {
      subject: 'Ihre E-Mail-Adresse soll geändert werden',
      paragraphs: [
        'Jemand, vermutlich Sie, möchte die Adresse Ihres Kontos von {email} in {new_email} ändern.',
        'Wenn Sie das nicht waren, ändern Sie jetzt Ihr Passwort: Wer das veranlasst hat, ist in Ihrem Konto angemeldet.',
      ],
    },
    new_device: {
      subject: 'Anmeldung auf einem neuen Gerät',
      paragraphs: [
        'Mit Ihrem Konto {email} hat sich ein bisher unbekanntes Gerät angemeldet: {device}, von der Adresse {address}, um {time}.',
        'Wenn Sie das nicht waren, ändern Sie jetzt Ihr Passwort und beenden Sie alle anderen Sitzungen.',
      ],
    },
    password_changed: {
      subject: 'Ihr Passwort wurde geändert',
      paragraphs: [
        'Das Passwort Ihres Kontos {email} wurde um {time} geändert.',
        'Wenn Sie das nicht waren, legen Sie sofort ein neues fest.',
      ],
    },
    password_reset_required: {
      subject: 'Neues Passwort nötig',
      paragraphs: [
        'Die Administration bittet Sie, für {email} ein neues Passwort festzulegen. Das alte gilt nicht mehr, und alle Sitzungen sind beendet.',
        'Der Link gilt eine Stunde und für eine Verwendung. Danach erhalten Sie über „Passwort vergessen“ einen neuen.',
      ],
      action: 'Neues Passwort festlegen',
    },
    invitation: {
      subject: 'Sie sind eingeladen',
      paragraphs: [
        'Für {email} wurde ein Konto angelegt. Legen Sie ein Passwort fest, um es zu nutzen.',
        'Der Link gilt 7 Tage und für eine Verwendung.',
      ],
      action: 'Passwort festlegen',
    },
  },
};
