import { parseAllDocuments } from 'yaml';
import type { Site } from './site.ts';

interface SecurityPolicy {
  spec: {
    extAuth: {
      headersToExtAuth: string[];
      http: { path: string; headersToBackend: string[] };
      timeout: string;
      statusOnError: number;
    };
  };
}

const typed = (name: string, fields: object) => ({ '@type': `type.googleapis.com/envoy.${name}`, ...fields });
const exactly = (names: string[]) => ({ patterns: names.map((exact) => ({ exact, ignore_case: true })) });

/**
 * The configuration that Envoy Gateway makes of a SecurityPolicy: a filter for each, off but on its routes, and the defaults that it sets
 * where Envoy has others (names with underscores are refused, paths are normalized, WebSockets pass).
 * @param policy manifests, whose first is the SecurityPolicy
 */
export function envoyConfiguration(
  { host, name, authUrl, serviceUrl, certificate, key }: Site,
  port: number,
  policy: string,
) {
  const { spec } = parseAllDocuments(policy)[0]?.toJS() as SecurityPolicy;
  const filter = (called: string, path: string) => ({
    name: called,
    disabled: true,
    typed_config: typed('extensions.filters.http.ext_authz.v3.ExtAuthz', {
      transport_api_version: 'V3',
      status_on_error: { code: spec.extAuth.statusOnError },
      allowed_headers: exactly(spec.extAuth.headersToExtAuth),
      http_service: {
        server_uri: { uri: authUrl, cluster: 'auth', timeout: spec.extAuth.timeout },
        path_prefix: path,
        authorization_response: { allowed_upstream_headers: exactly(spec.extAuth.http.headersToBackend) },
      },
    }),
  });
  const { path } = spec.extAuth.http;
  const filters = [filter('everybody', path), filter('admins', path.replace(/-$/, 'role=admin'))];
  const route = (prefix: string, cluster: string, check?: string) => ({
    match: prefix === '/' ? { prefix } : { path_separated_prefix: prefix },
    route: { cluster },
    ...(check && { typed_per_filter_config: { [check]: typed('config.route.v3.FilterConfig', { config: {} }) } }),
  });
  const manager = typed('extensions.filters.network.http_connection_manager.v3.HttpConnectionManager', {
    stat_prefix: 'gateway',
    use_remote_address: true,
    normalize_path: true,
    merge_slashes: true,
    path_with_escaped_slashes_action: 'UNESCAPE_AND_REDIRECT',
    common_http_protocol_options: { headers_with_underscores_action: 'REJECT_REQUEST' },
    upgrade_configs: [{ upgrade_type: 'websocket' }],
    route_config: {
      virtual_hosts: [
        {
          name: 'host',
          domains: [host],
          routes: [
            route(`/${name}/bare`, 'service'),
            route(`/${name}/admin`, 'service', 'admins'),
            route(`/${name}`, 'service', 'everybody'),
            route('/', 'auth'),
          ],
        },
      ],
    },
    http_filters: [...filters, { name: 'router', typed_config: typed('extensions.filters.http.router.v3.Router', {}) }],
  });
  const tls = typed('extensions.transport_sockets.tls.v3.DownstreamTlsContext', {
    common_tls_context: {
      tls_certificates: [{ certificate_chain: { filename: certificate }, private_key: { filename: key } }],
    },
  });
  return {
    static_resources: {
      listeners: [
        {
          name: 'gateway',
          address: addressOf({ hostname: '127.0.0.1', port: String(port) }),
          filter_chains: [
            {
              transport_socket: { name: 'tls', typed_config: tls },
              filters: [{ name: 'http', typed_config: manager }],
            },
          ],
        },
      ],
      clusters: Object.entries({ auth: authUrl, service: serviceUrl }).map(([cluster, url]) => ({
        name: cluster,
        load_assignment: {
          cluster_name: cluster,
          endpoints: [{ lb_endpoints: [{ endpoint: { address: addressOf(new URL(url)) } }] }],
        },
      })),
    },
  };
}

const addressOf = ({ hostname, port }: { hostname: string; port: string }) => ({
  socket_address: { address: hostname, port_value: Number(port) },
});
