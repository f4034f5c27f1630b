import { Injectable } from '@nestjs/common';

/** Whether the service is on its way out: still serving, but no longer to be sent traffic. */
@Injectable()
export class Draining {
  private started = false;

  start(): void {
    this.started = true;
  }

  /** @throws Error from {@link start} on */
  async check(): Promise<void> {
    if (this.started) {
      throw new Error('shutting down');
    }
  }
}
