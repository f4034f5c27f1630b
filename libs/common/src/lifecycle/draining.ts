import { Injectable } from '@nestjs/common';

/** Readiness during shutdown: the service still serves requests but must not receive new traffic. */
@Injectable()
export class Draining {
  private started = false;

  /** Makes {@link check} fail from now on. */
  start(): void {
    this.started = true;
  }

  /** @throws Error once the shutdown has started */
  async check(): Promise<void> {
    if (this.started) {
      throw new Error('shutting down');
    }
  }
}
