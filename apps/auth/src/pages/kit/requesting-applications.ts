import { Injectable } from '@nestjs/common';

/** An application whose request led a person here. */
export interface RequestingApplication {
  name: string;
  /** Whether it belongs to the operator. */
  firstParty: boolean;
  /** A `data:` URL. */
  logo: string | null;
  brandColor: string | null;
  termsUrl: string | null;
  privacyUrl: string | null;
  /** The e-mail address that its request suggests to sign in with. */
  loginHint?: string | undefined;
}

type Find = (path: string, cookies: string | undefined) => Promise<RequestingApplication | undefined>;

/** Knows the applications whose requests the pages continue. The OpenID provider, which uses these pages, tells it. */
@Injectable()
export class RequestingApplications {
  private findByPath: Find = () => Promise.resolve(undefined);

  /** @param find finds the application by the path of the page that goes on with its request */
  register(find: Find): void {
    this.findByPath = find;
  }

  /**
   * @param path where the person goes afterwards
   * @param cookies the request's `cookie` header
   */
  find(path: string, cookies: string | undefined): Promise<RequestingApplication | undefined> {
    return this.findByPath(path, cookies);
  }
}
