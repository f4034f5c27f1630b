import type { Application } from '#client';
import { issuer } from '../../../session/begin.ts';
import { goMachine, goWeb } from './go.ts';
import { nodeDevice, nodeMachine, nodeNative, nodeWeb, singlePage } from './javascript.ts';
import { pythonMachine, pythonWeb } from './python.ts';
import { curlDevice, curlMachine } from './shell.ts';
import { springWeb } from './spring.ts';
import type { Values } from './values.ts';

interface Snippet {
  label: string;
  /** Whether it is for devices without a browser. */
  isDevice?: true;
  code: string;
}

const valuesOf = (application: Application): Values => ({
  issuer,
  clientId: application.client_id,
  redirectUri: application.redirect_uris[0] ?? '',
  scope: [...(application.kind === 'machine' ? [] : ['openid', 'email', 'profile']), ...application.scopes].join(' '),
  resource: application.resources[0],
  algorithm: application.id_token_signed_response_alg,
  hasKeys: application.authentication === 'private_key_jwt',
});

/** Snippets for the kind of an application. They contain no secret: they read it from the environment. */
export function snippetsFor(application: Application): Snippet[] {
  const values = valuesOf(application);
  const node = { label: 'Node.js (openid-client)' };
  switch (application.kind) {
    case 'web':
      return [
        { ...node, code: nodeWeb(values) },
        ...(values.hasKeys
          ? []
          : [
              { label: 'Python (Authlib, Flask)', code: pythonWeb(values) },
              { label: 'Java (Spring Boot)', code: springWeb(values) },
              { label: 'Go (go-oidc, oauth2)', code: goWeb(values) },
            ]),
      ];
    case 'single_page':
      return [{ label: 'JavaScript (oauth4webapi)', code: singlePage(values) }];
    case 'native':
      return [
        { ...node, code: nodeNative(values) },
        { ...node, isDevice: true, code: nodeDevice(values) },
        { label: 'curl', isDevice: true, code: curlDevice(values) },
      ];
    case 'machine':
      return [
        ...(values.hasKeys ? [] : [{ label: 'curl', code: curlMachine(values) }]),
        { ...node, code: nodeMachine(values) },
        ...(values.hasKeys
          ? []
          : [
              { label: 'Python (Authlib)', code: pythonMachine(values) },
              { label: 'Go (oauth2)', code: goMachine(values) },
            ]),
      ];
  }
}
