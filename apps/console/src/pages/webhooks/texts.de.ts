import type { en } from './texts.en.ts';

export const de: typeof en = {
  title: 'Webhooks',
  one: 'Webhook',
  empty: 'Es gibt noch keinen Webhook.',
  create: 'Webhook erstellen',
  createDescription:
    'Der Dienst sendet die gewählten Ereignisse an eine URL, jedes mit einem Geheimnis signiert, das nur einmal angezeigt wird, und jedes mindestens einmal.',
  url: 'URL',
  urlDescription: 'Eine https://-URL auf einem öffentlichen Host.',
  description: 'Beschreibung',
  enabled: 'Aktiv',
  events: 'Ereignisse',
  all: 'Alle',
  none: 'Keine',
  state: 'Status',
  states: {
    enabled: 'Aktiv',
    refusing: 'Aktiv, der Empfänger lehnt ab',
    admin: 'Deaktiviert',
    failing: 'Deaktiviert: 5 Tage lang wurde alles abgelehnt',
    gone: 'Deaktiviert: antwortete mit 410',
  },
  created: 'Erstellt',
  failingSince: 'Lehnt ab seit',
  deadLetters: 'Aufgegeben',
  previousSecret: 'Das alte Geheimnis signiert bis',
  secretTitle: 'Das neue Geheimnis des Webhooks',
  test: 'Test senden',
  testDescription:
    'Sendet eine Nachricht des Typs webhook.test. Sie steht dann bei den Zustellungen unter „Wartend“, oder unter „Zugestellt“, sobald der Empfänger sie angenommen hat.',
  edit: 'Bearbeiten',
  editDescription:
    'Das Geheimnis bleibt. Wartende Nachrichten eines deaktivierten Webhooks werden zugestellt, sobald er aktiv ist.',
  rotate: 'Geheimnis wechseln',
  rotateDescription:
    'Erstellt ein Geheimnis, das nur einmal angezeigt wird. So lange, wie Sie wählen, werden Nachrichten mit beiden signiert.',
  delete: 'Löschen',
  deleteDescription:
    'Wartende Nachrichten werden nicht zugestellt; die Zustellungen des Webhooks werden bald gelöscht.',
  deliveries: 'Zustellungen',
  deliveryStates: { failed: 'Fehlgeschlagen', waiting: 'Wartend', delivered: 'Zugestellt' },
  noDeliveries: 'Es gibt keine solchen Zustellungen.',
  event: 'Ereignis',
  attempts: 'Versuche',
  status: 'HTTP-Status',
  error: 'Letzter Fehler',
  queued: 'Eingereiht',
  nextAttempt: 'Nächster Versuch',
  finished: 'Beendet',
  action: 'Aktion',
  replay: 'Erneut zustellen',
  replayDescription: 'Die Nachricht behält ihre webhook-id, an der ein Empfänger erkennt, was er verarbeitet hat.',
  replayAll: 'Fehlgeschlagene erneut zustellen',
  replayAllDescription:
    'Stellt alle Nachrichten erneut zu, deren Zustellung fehlgeschlagen ist, ab einem bestimmten Zeitpunkt.',
  since: 'Eingereiht seit, in Ihrer Zeitzone',
};
