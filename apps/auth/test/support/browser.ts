import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser as Chromium, CDPSession, Page } from 'playwright-core';
import { launchChromium, patienceMs } from './chromium.ts';

/** A passkey as an authenticator stores it. */
export interface StoredCredential {
  credentialId: string;
  isResidentCredential: boolean;
  rpId?: string;
  privateKey: string;
  userHandle?: string;
  signCount: number;
}

interface AuthenticatorOptions {
  hasUserVerification?: boolean;
  /** Whether its passkeys may exist on several devices. */
  defaultBackupEligibility?: boolean;
}

/**
 * Chromium with its virtual authenticator on an empty page of localhost: the browser's own checks, and real signatures.
 * https://www.w3.org/TR/webauthn-3/#sctn-automation
 */
export class Browser {
  private readonly chromium: Chromium;
  private readonly page: Page;
  private readonly devtools: CDPSession;
  private readonly server: Server;
  private authenticatorId = '';

  private constructor(browser: Chromium, page: Page, devtools: CDPSession, server: Server) {
    this.chromium = browser;
    this.page = page;
    this.devtools = devtools;
    this.server = server;
  }

  /** @throws Error if Chromium is not installed */
  static async start(): Promise<Browser> {
    const server = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>passkeys</title>');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const browser = await launchChromium();
    const page = await browser.newPage();
    page.setDefaultTimeout(patienceMs);
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('WebAuthn.enable');
    const started = new Browser(browser, page, devtools, server);
    await started.newAuthenticator();
    await page.goto(started.origin());
    return started;
  }

  async stop(): Promise<void> {
    await this.chromium.close();
    this.server.close();
  }

  /** The origin of the page. */
  origin(): string {
    return `http://localhost:${String((this.server.address() as AddressInfo).port)}`;
  }

  /** Replaces the authenticator by an empty one with user verification. */
  async newAuthenticator(options: AuthenticatorOptions = {}): Promise<void> {
    if (this.authenticatorId !== '') {
      await this.devtools.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: this.authenticatorId });
    }
    const { authenticatorId } = await this.devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
        ...options,
      },
    });
    this.authenticatorId = authenticatorId;
  }

  /** Sets whether the user verification, such as a fingerprint or a PIN, succeeds. */
  async setUserVerified(isUserVerified: boolean): Promise<void> {
    await this.devtools.send('WebAuthn.setUserVerified', { authenticatorId: this.authenticatorId, isUserVerified });
  }

  async credentials(): Promise<StoredCredential[]> {
    const { authenticatorId } = this;
    const { credentials } = await this.devtools.send('WebAuthn.getCredentials', { authenticatorId });
    return credentials;
  }

  /** Restores a credential with its earlier counter, as a cloned one has. */
  async restore(credential: StoredCredential): Promise<void> {
    const { authenticatorId } = this;
    await this.devtools.send('WebAuthn.removeCredential', { authenticatorId, credentialId: credential.credentialId });
    await this.devtools.send('WebAuthn.addCredential', { authenticatorId, credential });
  }

  /** `navigator.credentials.create()`, from and to JSON. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  create(options: unknown): Promise<any> {
    return this.evaluate(
      `navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(${JSON.stringify(options)}) })`,
    );
  }

  /** `navigator.credentials.get()`, from and to JSON. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  get(options: unknown): Promise<any> {
    return this.evaluate(
      `navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(${JSON.stringify(options)}) })`,
    );
  }

  private evaluate(expression: string): Promise<unknown> {
    return this.page.evaluate(`${expression}.then((credential) => credential.toJSON())`);
  }
}
