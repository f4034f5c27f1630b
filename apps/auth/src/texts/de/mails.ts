import type { MailTexts } from '../mails.ts';

export const mails: MailTexts = {
  footer: 'Sie erhalten diese automatische E-Mail, weil diese E-Mail-Adresse für ein Konto angegeben wurde.',
  messages: {
    email_verification: {
      subject: 'Bestätigen Sie Ihre E-Mail-Adresse',
      paragraphs: [
        'Bitte bestätigen Sie, dass {email} Ihre E-Mail-Adresse ist.',
        'Der Link ist 24 Stunden gültig und kann nur einmal verwendet werden. Wenn Sie kein Konto angelegt haben, können Sie diese E-Mail ignorieren.',
      ],
      action: 'E-Mail-Adresse bestätigen',
    },
    account_exists: {
      subject: 'Sie haben bereits ein Konto',
      paragraphs: [
        'Jemand, vermutlich Sie, wollte {email} für ein neues Konto oder als neue E-Mail-Adresse eines anderen Kontos verwenden. Sie haben bereits ein Konto mit dieser E-Mail-Adresse. Es hat sich nicht geändert.',
        'Wenn Sie Ihr Passwort vergessen haben, legen Sie mit diesem Link ein neues fest. Er ist eine Stunde gültig und kann nur einmal verwendet werden. Wenn Sie das nicht waren, können Sie diese E-Mail ignorieren.',
      ],
      action: 'Neues Passwort festlegen',
    },
    password_reset: {
      subject: 'Neues Passwort festlegen',
      paragraphs: [
        'Jemand, vermutlich Sie, möchte das Passwort für {email} zurücksetzen.',
        'Der Link ist eine Stunde gültig und kann nur einmal verwendet werden. Ihr bisheriges Passwort bleibt gültig, bis Sie ein neues festlegen. Wenn Sie das nicht waren, können Sie diese E-Mail ignorieren.',
      ],
      action: 'Neues Passwort festlegen',
    },
    magic_link: {
      subject: 'Ihr Anmeldelink',
      paragraphs: [
        'Mit diesem Link melden Sie sich als {email} an.',
        'Der Link ist 15 Minuten gültig und kann nur einmal verwendet werden. Leiten Sie diese E-Mail nicht weiter. Wenn Sie sie nicht angefordert haben, können Sie sie ignorieren.',
      ],
      action: 'Anmelden',
    },
    email_change: {
      subject: 'Bestätigen Sie Ihre neue E-Mail-Adresse',
      paragraphs: [
        'Bitte bestätigen Sie, dass {email} die neue E-Mail-Adresse Ihres Kontos ist.',
        'Der Link ist eine Stunde gültig und kann nur einmal verwendet werden. Wenn Sie diese Änderung nicht veranlasst haben, können Sie diese E-Mail ignorieren.',
      ],
      action: 'Neue E-Mail-Adresse bestätigen',
    },
    email_change_notice: {
      subject: 'Ihre E-Mail-Adresse soll geändert werden',
      paragraphs: [
        'Jemand, vermutlich Sie, möchte die E-Mail-Adresse Ihres Kontos von {email} in {new_email} ändern.',
        'Wenn Sie das nicht waren, ändern Sie jetzt Ihr Passwort: Die Person, die das veranlasst hat, ist in Ihrem Konto angemeldet.',
      ],
    },
    new_device: {
      subject: 'Anmeldung auf einem neuen Gerät',
      paragraphs: [
        'Jemand, vermutlich Sie, hat sich auf einem neuen Gerät mit Ihrem Konto {email} angemeldet: {device}, IP-Adresse {address}, Zeitpunkt: {time}.',
        'Wenn Sie das nicht waren, ändern Sie jetzt Ihr Passwort und beenden Sie alle anderen Sitzungen.',
      ],
    },
    password_changed: {
      subject: 'Ihr Passwort wurde geändert',
      paragraphs: [
        'Das Passwort Ihres Kontos {email} wurde geändert. Zeitpunkt: {time}.',
        'Wenn Sie das nicht waren, setzen Sie Ihr Passwort sofort zurück.',
      ],
    },
    password_reset_required: {
      subject: 'Legen Sie ein neues Passwort fest',
      paragraphs: [
        'Ein Administrator verlangt, dass Sie für {email} ein neues Passwort festlegen. Ihr bisheriges Passwort ist nicht mehr gültig, und alle Ihre Sitzungen wurden beendet.',
        'Der Link ist eine Stunde gültig und kann nur einmal verwendet werden. Danach können Sie über „Passwort vergessen“ einen neuen Link anfordern.',
      ],
      action: 'Neues Passwort festlegen',
    },
    invitation: {
      subject: 'Sie sind eingeladen',
      paragraphs: [
        'Für {email} wurde ein Konto angelegt. Legen Sie ein Passwort fest, um es zu nutzen.',
        'Der Link ist 7 Tage gültig und kann nur einmal verwendet werden. Wenn Sie das Konto nicht nutzen möchten, können Sie diese E-Mail ignorieren.',
      ],
      action: 'Passwort festlegen',
    },
    account_deleted: {
      subject: 'Ihr Konto wurde gelöscht',
      paragraphs: [
        'Das Konto {email} wurde gelöscht, mit allem, was darüber gespeichert war. Zeitpunkt: {time}.',
        'Wenn Sie das nicht veranlasst haben, wenden Sie sich an den Betreiber des Dienstes.',
      ],
    },
    authenticator_added: {
      subject: 'Eine Authenticator-App wurde hinzugefügt',
      paragraphs: [
        'Zu Ihrem Konto {email} wurde eine Authenticator-App hinzugefügt. Die Anmeldung erfordert nun einen Code aus dieser App. Zeitpunkt: {time}.',
        'Wenn Sie das nicht waren, setzen Sie sofort Ihr Passwort zurück und wenden Sie sich an den Betreiber des Dienstes.',
      ],
    },
    authenticator_removed: {
      subject: 'Ihre Authenticator-App wurde entfernt',
      paragraphs: [
        'Die Authenticator-App und die Wiederherstellungscodes Ihres Kontos {email} wurden entfernt. Die Anmeldung erfordert keinen Code mehr. Zeitpunkt: {time}.',
        'Wenn Sie das nicht waren, setzen Sie sofort Ihr Passwort zurück.',
      ],
    },
    email_changed: {
      subject: 'Ihre E-Mail-Adresse wurde geändert',
      paragraphs: [
        'Die E-Mail-Adresse Ihres Kontos wurde von {email} in {new_email} geändert. Zeitpunkt: {time}.',
        'Wenn Sie das nicht waren, wenden Sie sich sofort an den Betreiber des Dienstes.',
      ],
    },
    identity_linked: {
      subject: 'Eine Anmeldemöglichkeit wurde hinzugefügt',
      paragraphs: [
        'Der Anbieter „{provider}“ wurde mit Ihrem Konto {email} verknüpft. Sie können sich nun darüber anmelden. Zeitpunkt: {time}.',
        'Wenn Sie das nicht waren, setzen Sie sofort Ihr Passwort zurück und entfernen Sie die Verknüpfung.',
      ],
    },
    identity_unlinked: {
      subject: 'Eine Anmeldemöglichkeit wurde entfernt',
      paragraphs: [
        'Die Verknüpfung Ihres Kontos {email} mit dem Anbieter „{provider}“ wurde entfernt. Zeitpunkt: {time}.',
        'Wenn Sie das nicht waren, setzen Sie sofort Ihr Passwort zurück.',
      ],
    },
    mfa_reset: {
      subject: 'Ihre zweiten Faktoren wurden entfernt',
      paragraphs: [
        'Ein Administrator hat die Authenticator-App, die Wiederherstellungscodes und die Passkeys Ihres Kontos {email} entfernt. Alle Ihre Sitzungen wurden beendet. Zeitpunkt: {time}.',
        'Wenn Sie nicht darum gebeten haben, wenden Sie sich an den Betreiber des Dienstes.',
      ],
    },
    passkey_added: {
      subject: 'Ein Passkey wurde hinzugefügt',
      paragraphs: [
        'Zu Ihrem Konto {email} wurde ein Passkey hinzugefügt. Man kann sich damit anmelden. Zeitpunkt: {time}.',
        'Wenn Sie das nicht waren, setzen Sie sofort Ihr Passwort zurück und entfernen Sie den Passkey.',
      ],
    },
    passkey_removed: {
      subject: 'Ein Passkey wurde entfernt',
      paragraphs: [
        'Ein Passkey Ihres Kontos {email} wurde entfernt. Zeitpunkt: {time}.',
        'Wenn Sie das nicht waren, setzen Sie sofort Ihr Passwort zurück.',
      ],
    },
    recovery_code_used: {
      subject: 'Ein Wiederherstellungscode wurde verwendet',
      paragraphs: [
        'Ein Wiederherstellungscode Ihres Kontos {email} wurde verwendet. Er ist nun ungültig. Zeitpunkt: {time}.',
        'Wenn Sie das nicht waren, setzen Sie sofort Ihr Passwort zurück und erzeugen Sie neue Wiederherstellungscodes.',
      ],
    },
  },
};
