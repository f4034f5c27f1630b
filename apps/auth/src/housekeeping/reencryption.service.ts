import { Injectable } from '@nestjs/common';
import { MailService } from '../email/outbox/index.ts';
import { TotpRepository } from '../login/mfa/index.ts';
import { ArtifactsRepository } from '../openid/index.ts';
import { SigningKeysService } from '../signing-keys/index.ts';
import { WebhooksService } from '../webhooks/index.ts';

/** Re-encrypts stored values under the first key of the ring, so that an older key-encryption key can be removed. */
@Injectable()
export class ReencryptionService {
  constructor(
    private readonly signingKeys: SigningKeysService,
    private readonly totp: TotpRepository,
    private readonly mail: MailService,
    private readonly artifacts: ArtifactsRepository,
    private readonly webhooks: WebhooksService,
  ) {}

  /**
   * Skips values that the first key of the ring already decrypts. Safe while the service runs. An interrupted run can be
   * repeated.
   * @returns the number of values encrypted again, by table
   * @throws Error if no key of the ring decrypts a value
   */
  async reencrypt(): Promise<Record<string, number>> {
    return {
      signing_key: await this.signingKeys.reencrypt(),
      totp: await this.totp.reencrypt(),
      mail: await this.mail.reencrypt(),
      openid_artifact: await this.artifacts.reencrypt(),
      webhook_endpoint: await this.webhooks.reencrypt(),
    };
  }
}
