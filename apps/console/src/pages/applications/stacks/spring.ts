import { quoted, type Values } from './values.ts';

const registration = 'auth';
const callback = `/login/oauth2/code/${registration}`;

/** Spring Security expects RS256 unless it is told otherwise. */
const decoder = `
# Spring expects ID tokens of RS256. This bean makes it accept those of ES256:
#
#   @Bean
#   JwtDecoderFactory<ClientRegistration> idTokenDecoderFactory() {
#     var factory = new OidcIdTokenDecoderFactory();
#     factory.setJwsAlgorithmResolver(client -> SignatureAlgorithm.ES256);
#     return factory;
#   }
`;

export const springWeb = ({ issuer, clientId, redirectUri, scope, algorithm }: Values): string => {
  const url = URL.parse(redirectUri);
  const isOther = url !== null && url.pathname !== callback;
  return `# application.yml of Spring Boot 4, whose clients use PKCE by themselves
${isOther ? `# Register this redirect URI too, the one that Spring listens at: ${url.origin}${callback}\n` : ''}spring:
  security:
    oauth2:
      client:
        registration:
          ${registration}:
            client-id: ${quoted(clientId)}
            client-secret: \${CLIENT_SECRET}
            authorization-grant-type: authorization_code
            redirect-uri: ${quoted(url === null ? `{baseUrl}${callback}` : `${url.origin}${callback}`)}
            scope: [${scope.split(' ').map(quoted).join(', ')}]
        provider:
          ${registration}:
            issuer-uri: ${quoted(issuer)}
${algorithm === 'ES256' ? decoder : ''}`;
};
