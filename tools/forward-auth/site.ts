/** What a gateway leads to, and how it presents itself. */
export interface Site {
  host: string;
  /** Name of the generated service, which is served at `/NAME`. */
  name: string;
  authUrl: string;
  serviceUrl: string;
  /** Files of the certificate and its key. */
  certificate: string;
  key: string;
}
