import type { Values } from './values.ts';

const quoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`;

const data = (values: Record<string, string | undefined>) =>
  Object.entries(values)
    .filter((entry): entry is [string, string] => Boolean(entry[1]))
    .map(([name, value]) => ` \\\n  --data-urlencode ${quoted(`${name}=${value}`)}`)
    .join('');

export const curlMachine = ({ issuer, clientId, scope, resource }: Values): string =>
  `curl --fail-with-body --silent --user ${quoted(clientId)}:"$CLIENT_SECRET" ${quoted(`${issuer}/openid/token`)}${data(
    {
      grant_type: 'client_credentials',
      scope,
      resource,
    },
  )}
`;

export const curlDevice = ({ issuer, clientId, scope, resource }: Values): string =>
  `# Prints verification_uri and user_code for the person, and device_code for the program.
curl --fail-with-body --silent ${quoted(`${issuer}/openid/device/authorize`)}${data({ client_id: clientId, scope, resource })}

# Repeat it every 5 seconds while it responds authorization_pending.
curl --silent ${quoted(`${issuer}/openid/token`)}${data({
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    client_id: clientId,
  })} \\
  --data-urlencode "device_code=$DEVICE_CODE"
`;
