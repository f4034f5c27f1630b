import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { freePort } from '../lib/free-port.ts';
import { root } from '../lib/root.ts';
import { envoyConfiguration } from './envoy.ts';
import type { Site } from './site.ts';

export interface Gateway {
  name: 'Traefik' | 'Envoy' | 'nginx';
  port: number;
  stop: () => Promise<void>;
}

type Configure = (site: Site, port: number, folder: string) => string[];

const configure: Record<Gateway['name'], Configure> = { Traefik: traefik, Envoy: envoy, nginx };

/**
 * Starts a gateway with TLS on a free port. `/NAME/bare` leads to the service without a check, `/NAME/admin` with the one for admins, other
 * paths below `/NAME` with the one for everybody, and the rest to auth.
 * @param folder for its configuration and its output
 */
export async function startGateway(name: Gateway['name'], site: Site, folder: string): Promise<Gateway> {
  const port = await freePort();
  const output = openSync(join(folder, `${name}.log`), 'w');
  const program = name.toLowerCase();
  const child = spawn(program, configure[name](site, port, folder), {
    stdio: ['ignore', output, output],
    env: { ...process.env, PATH: `${join(root, 'bin')}:${process.env['PATH']}` },
  });
  await once(child, 'spawn');
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill();
      await once(child, 'exit');
    }
  };
  return { name, port, stop };
}

/** The middlewares are those of the component, with the URL of auth; its paths are those of the component `ingress`. */
function traefik({ name, authUrl, serviceUrl, certificate, key }: Site, port: number, folder: string): string[] {
  const documents = parseAllDocuments(readFileSync(join(root, 'k8s/components/forward-auth/middlewares.yaml'), 'utf8'));
  const manifests = documents.map(
    (document) => document.toJS() as { metadata: { name: string }; spec: { forwardAuth: { address: string } } },
  );
  const middlewares = manifests.map(({ metadata, spec: { forwardAuth } }) => [
    metadata.name,
    { forwardAuth: { ...forwardAuth, address: forwardAuth.address.replace(/^http:\/\/[^/]+/, authUrl) } },
  ]);
  const ingress = parse(readFileSync(join(root, 'k8s/components/ingress/ingress.yaml'), 'utf8')) as {
    spec: { rules: { http: { paths: { path: string; pathType: string }[] } }[] };
  };
  const own = ingress.spec.rules
    .flatMap(({ http }) => http.paths)
    .map(({ path, pathType }) => `${pathType === 'Exact' ? 'Path' : 'PathPrefix'}(\`${path}\`)`)
    .join(' || ');
  const route = (rule: string, to: string, used: string[] = []) => ({ rule, service: to, middlewares: used, tls: {} });
  const http = {
    middlewares: Object.fromEntries(middlewares) as object,
    routers: {
      auth: route(own, 'auth'),
      bare: route(`PathPrefix(\`/${name}/bare\`)`, 'service'),
      protected: route(`PathPrefix(\`/${name}\`)`, 'service', ['forward-auth']),
      admin: route(`PathPrefix(\`/${name}/admin\`)`, 'service', ['forward-auth-admin']),
    },
    services: {
      auth: { loadBalancer: { servers: [{ url: authUrl }] } },
      service: { loadBalancer: { servers: [{ url: serviceUrl }] } },
    },
  };
  const file = join(folder, 'traefik.json');
  const tls = { certificates: [{ certFile: certificate, keyFile: key }] };
  writeFileSync(file, JSON.stringify({ http, tls }));
  const settings = [`entrypoints.gateway.address=127.0.0.1:${port}`, `providers.file.filename=${file}`];
  return [...settings, 'global.checknewversion=false', 'global.sendanonymoususage=false'].map((text) => `--${text}`);
}

function envoy(site: Site, port: number, folder: string): string[] {
  const file = join(folder, 'envoy.json');
  const [policy = ''] = blocksOfGuide('yaml').filter((text) => text.includes('kind: SecurityPolicy'));
  writeFileSync(file, JSON.stringify(envoyConfiguration(site, port, policy)));
  return ['--config-path', file, '--concurrency', '2', '--use-dynamic-base-id', '--log-level', 'warning'];
}

/** The checks are those of the guide; the rest is what a configuration of nginx has anyway. */
function nginx({ host, name, authUrl, serviceUrl, certificate, key }: Site, port: number, folder: string): string[] {
  const [check = ''] = blocksOfGuide('nginx');
  const forAdmins = check
    .replace(/^absolute_redirect.*$/m, '')
    .replaceAll(`/${name}/`, `/${name}/admin`)
    .replaceAll('.forward-auth', '.forward-auth-admin')
    .replaceAll('redirect_status=401', 'redirect_status=401&role=admin')
    .replace(/location @sign_in \{[^]*$/, '');
  const address = (url: string) => new URL(url).host;
  const file = join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${join(folder, kind)};`,
  );
  writeFileSync(
    file,
    `
daemon off;
worker_processes 2;
pid ${join(folder, 'nginx.pid')};
events {}
http {
  access_log off;
  ${temporary.join(' ')}
  upstream auth { server ${address(authUrl)}; keepalive 16; }
  upstream ${name} { server ${address(serviceUrl)}; keepalive 16; }
  server {
    listen 127.0.0.1:${port} ssl;
    server_name ${host};
    ssl_certificate ${certificate};
    ssl_certificate_key ${key};
    proxy_http_version 1.1;
    location / {
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto https;
      proxy_pass http://auth;
    }
    location /${name}/bare {
      proxy_set_header Connection "";
      proxy_pass http://${name};
    }
    ${check}
    ${forAdmins}
  }
}
`,
  );
  mkdirSync(join(folder, 'logs'), { recursive: true });
  return ['-p', folder, '-c', file, '-e', 'stderr'];
}

/** The blocks of code in the guide that are in this language. */
function blocksOfGuide(language: string): string[] {
  const guide = readFileSync(join(root, 'docs/guides/forward-auth.md'), 'utf8');
  return [...guide.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].flatMap(([, kind, text = '']) =>
    kind === language ? [text] : [],
  );
}
