import { Injectable } from '@nestjs/common';
import type { Provider } from 'oidc-provider';
import { KeyRotationService, SigningKeysService } from '../signing-keys/index.ts';
import { ask, type LibraryAnswer, type LibraryRequest, type RequestHandler } from './library-request.ts';
import { loadLibrary } from './library.ts';
import { ProviderFactory } from './provider-factory.ts';

/**
 * The provider with the current signing keys. The library takes its keys when it is made: whenever another key signs, or the set has
 * changed, a new provider takes over, and requests under way end on the old one.
 */
@Injectable()
export class ProviderService {
  private made: { keys: string; provider: Provider; handler: RequestHandler } | undefined;

  constructor(
    private readonly signingKeys: SigningKeysService,
    private readonly rotation: KeyRotationService,
    private readonly factory: ProviderFactory,
  ) {}

  async current(): Promise<Provider> {
    return (await this.make()).provider;
  }

  /** Lets the current provider answer a request. */
  async ask(request: LibraryRequest): Promise<LibraryAnswer> {
    return ask((await this.make()).handler, request);
  }

  private async make() {
    await this.rotation.ensureRsa();
    if (!this.made) {
      await loadLibrary();
    }
    const keys = this.signingKeys.order().join(' ');
    if (this.made?.keys !== keys) {
      const provider = this.factory.create(this.signingKeys.privateKeys());
      this.made = { keys, provider, handler: provider.callback() };
    }
    return this.made;
  }
}
