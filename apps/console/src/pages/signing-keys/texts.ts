import type { Translated } from '../../language.ts';

const en = {
  title: 'Signing keys',
  text: 'Services verify tokens with the published keys at /.well-known/jwks.json. A new key is published before it signs, and an old one stays published until its last token has expired, so that a rotation rejects no token.',
  empty: 'There is no key yet.',
  kid: 'Key ID',
  algorithm: 'Algorithm',
  state: 'State',
  signs: 'Signs now',
  next: 'Published, will sign next',
  retired: 'Published until its last token expires',
  created: 'Created',
  activeFrom: 'Signs from',
  retiredAt: 'Signed until',
  rotate: 'Rotate the keys',
  rotateDescription:
    'Creates successors of the keys, which are published now and sign later. All tokens stay valid. The service also rotates keys by itself.',
};

export const texts: Translated<typeof en> = {
  en,
  de: {
    title: 'Signaturschlüssel',
    text: 'Dienste prüfen Tokens mit den Schlüsseln, die unter /.well-known/jwks.json veröffentlicht sind. Ein neuer Schlüssel wird veröffentlicht, bevor er signiert, und ein alter bleibt es, bis sein letztes Token abgelaufen ist. So weist ein Wechsel kein Token ab.',
    empty: 'Es gibt noch keinen Schlüssel.',
    kid: 'Schlüssel-ID',
    algorithm: 'Algorithmus',
    state: 'Status',
    signs: 'Signiert jetzt',
    next: 'Veröffentlicht, signiert als nächster',
    retired: 'Veröffentlicht, bis sein letztes Token abläuft',
    created: 'Erstellt',
    activeFrom: 'Signiert ab',
    retiredAt: 'Signierte bis',
    rotate: 'Schlüssel wechseln',
    rotateDescription:
      'Erstellt Nachfolger der Schlüssel, die jetzt veröffentlicht werden und später signieren. Alle Tokens bleiben gültig. Der Dienst wechselt Schlüssel auch von selbst.',
  },
  fr: {
    title: 'Clés de signature',
    text: 'Les services vérifient les jetons avec les clés publiées à l’adresse /.well-known/jwks.json. Une nouvelle clé est publiée avant de signer, et une ancienne le reste jusqu’à l’expiration de son dernier jeton : un renouvellement ne rejette aucun jeton.',
    empty: 'Il n’y a pas encore de clé.',
    kid: 'Identifiant de clé',
    algorithm: 'Algorithme',
    state: 'État',
    signs: 'Signe actuellement',
    next: 'Publiée, signera ensuite',
    retired: 'Publiée jusqu’à l’expiration de son dernier jeton',
    created: 'Création',
    activeFrom: 'Signe à partir du',
    retiredAt: 'A signé jusqu’au',
    rotate: 'Renouveler les clés',
    rotateDescription:
      'Crée des clés qui prennent la suite : elles sont publiées maintenant et signeront plus tard. Tous les jetons restent valables. Le service renouvelle aussi les clés de lui-même.',
  },
  es: {
    title: 'Claves de firma',
    text: 'Los servicios verifican los tokens con las claves publicadas en /.well-known/jwks.json. Una clave nueva se publica antes de firmar, y una antigua sigue publicada hasta que caduca su último token, de modo que una renovación no rechaza ningún token.',
    empty: 'Todavía no hay ninguna clave.',
    kid: 'Identificador de clave',
    algorithm: 'Algoritmo',
    state: 'Estado',
    signs: 'Firma ahora',
    next: 'Publicada, firmará después',
    retired: 'Publicada hasta que caduque su último token',
    created: 'Creada',
    activeFrom: 'Firma desde',
    retiredAt: 'Firmó hasta',
    rotate: 'Renovar las claves',
    rotateDescription:
      'Crea sucesoras de las claves, que se publican ahora y firman más tarde. Todos los tokens siguen siendo válidos. El servicio también renueva las claves por sí mismo.',
  },
};
