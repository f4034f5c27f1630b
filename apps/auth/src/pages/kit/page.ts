import { problems, ProblemException, type RequestContext } from '#common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { HtmlEscapedString } from 'hono/utils/html';
import { z } from 'zod';
import { fill, type Locale, type PageTexts, textsOf } from '../../texts/index.ts';
import { existingPassword } from '../../passwords/index.ts';
import type { BrowserSession } from '../../sessions/browser-sessions/index.ts';
import { continueLocale, continueUrl, withContinue } from './continue-url.ts';
import { pageLocale, type LanguageLink } from './language.ts';
import { settingsFor, type PageSettings } from './page-settings.ts';
import type { RequestingApplication } from './requesting-applications.ts';

/** HTML that escapes all that was put into it. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** Sends the browser to another page by GET (RFC 9110 §15.4.4). */
export class SeeOther extends Error {
  readonly location: string;

  /** @param location path of the page, or its URL */
  constructor(location: string) {
    super(`see ${location}`);
    this.location = location;
  }
}

/** A form as it is shown again: what was entered, but for secrets, and what is wrong with it. */
export interface FormState {
  values: Readonly<Record<string, string>>;
  /** By the name of the field. */
  errors: Readonly<Record<string, string>>;
  /** What is wrong with the form as a whole. */
  alert?: string;
  /** The code of that problem. */
  problem?: string;
}

/** Shows a form. */
type Show = (form: FormState) => Html | Promise<Html>;

interface PageOptions {
  request: FastifyRequest;
  reply: FastifyReply;
  context: RequestContext;
  languages: LanguageLink[];
  settings: PageSettings;
  application: RequestingApplication | undefined;
  session: BrowserSession | undefined;
}

/** How long ago a person may have authenticated to change what opens the account, in seconds. */
const recentSeconds = 300;

const emptyForm: FormState = { values: {}, errors: {} };

/** A request for a page, and what its reply needs. */
export class Page {
  readonly context: RequestContext;
  readonly locale: Locale;
  readonly texts: PageTexts;
  /** The page in other languages, for a reader whose language is not known. */
  readonly languages: LanguageLink[];
  readonly settings: PageSettings;
  /** The application whose request led the person here. */
  readonly application: RequestingApplication | undefined;
  /** The session that the browser holds. */
  readonly session: BrowserSession | undefined;
  /** Where the person goes after a login. */
  continueUrl: string;
  private readonly request: FastifyRequest;
  private readonly reply: FastifyReply;

  constructor({ request, reply, context, languages, settings, application, session }: PageOptions) {
    this.request = request;
    this.reply = reply;
    this.context = context;
    this.continueUrl = continueUrl(this.parameter('continue'));
    this.locale = pageLocale(request, session?.locale ?? null, continueLocale(this.continueUrl));
    this.texts = textsOf(this.locale).pages;
    this.languages = languages;
    this.settings = settingsFor(settings, application);
    this.application = application;
    this.session = session;
  }

  /** The session, on pages that require one. */
  get signedIn(): BrowserSession {
    if (!this.session) {
      throw new SeeOther(withContinue('/sign-in', continueUrl(this.parameter('continue') ?? this.path)));
    }
    return this.session;
  }

  /**
   * Requires that the person has come from a page of this service, for links that do something: other sites can lead a browser to
   * them too.
   * @throws SeeOther another page
   */
  assertOwnLink(otherwise: string): void {
    const site = this.request.headers['sec-fetch-site'] ?? 'none';
    if (this.request.method !== 'GET' || !['none', 'same-origin'].includes(site)) {
      throw new SeeOther(otherwise);
    }
  }

  /** The page's path, without its query. */
  get path(): string {
    return this.request.url.split('?', 1)[0] ?? '';
  }

  /** The page's query with its question mark; empty without one. */
  get query(): string {
    return this.request.url.slice(this.path.length);
  }

  /**
   * Requires that the person has authenticated a short time ago.
   * @throws SeeOther the page that asks to prove it again, and comes back
   */
  assertRecentLogin(): void {
    if (Date.now() / 1000 - this.signedIn.authTime > recentSeconds) {
      throw new SeeOther(withContinue('/sign-in/confirm', continueUrl(this.path)));
    }
  }

  /**
   * The field by which the owner proves again to own the account: the password. An account without one has no field.
   * @throws SeeOther the page that asks to prove it again, if there is no password and the login is long ago
   */
  get proof(): z.ZodType<string | undefined> {
    if (this.signedIn.hasPassword) {
      return existingPassword;
    }
    this.assertRecentLogin();
    return z.undefined().optional();
  }

  /** The request's `cookie` header. */
  get cookies(): string | undefined {
    return this.request.headers.cookie;
  }

  /** A parameter of the form, or else of the URL. */
  parameter(name: string): string | undefined {
    return parameterOf(this.request, name);
  }

  /** Adds `set-cookie` headers to the reply. */
  setCookies(...headers: (string | undefined)[]): void {
    for (const header of headers) {
      if (header !== undefined) {
        this.reply.header('set-cookie', header);
      }
    }
  }

  /** Sets the status of the reply. */
  setStatus(status: number): void {
    this.reply.status(status);
  }

  /** A date and time in the reader's language. The service does not know the reader's time zone, so it is UTC and says so. */
  dateTime(date: Date): string {
    const options = { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' } as const;
    return `${new Intl.DateTimeFormat(this.locale, options).format(date)} UTC`;
  }

  /**
   * Handles a form. If its input is not valid, or what it asks for is refused, the form is shown again and says why.
   * @param show shows the form
   * @param run does what the form asks for
   */
  async submit<T>(
    schema: z.ZodType<T>,
    show: Show,
    run: (values: T) => Promise<Html | SeeOther>,
  ): Promise<Html | SeeOther> {
    const parsed = schema.safeParse(this.input);
    if (!parsed.success) {
      return this.reject(problems.validationFailed.status, show, {
        values: this.input,
        errors: this.fieldErrors(parsed.error),
      });
    }
    return this.attempt(show, () => run(parsed.data));
  }

  /**
   * Does what a person asks for. If it is refused, a form is shown again and says why.
   * @param show shows the form
   */
  async attempt(show: Show, run: () => Promise<Html | SeeOther>): Promise<Html | SeeOther> {
    try {
      return await run();
    } catch (error) {
      const alert = error instanceof ProblemException ? explain(this, error) : undefined;
      if (alert === undefined) {
        throw error;
      }
      const { problem, extras } = error as ProblemException;
      this.request.problemCode = problem.code;
      if (extras.retryAfter !== undefined) {
        this.reply.header('retry-after', Math.ceil(extras.retryAfter));
      }
      return this.reject(problem.status, show, {
        values: this.input,
        errors: {},
        alert,
        problem: problem.code,
      });
    }
  }

  private get input(): Record<string, string> {
    return (this.request.body ?? {}) as Record<string, string>;
  }

  private async reject(status: number, show: Show, form: FormState) {
    // a 401 would have to name an HTTP authentication scheme (RFC 9110 §11.6.1)
    this.setStatus(status === 401 ? 403 : status);
    return show(form);
  }

  private fieldErrors(error: z.ZodError): Record<string, string> {
    const { fields } = this.texts;
    const texts: Readonly<Record<string, string>> = fields;
    const entries = error.issues.map(({ path }) => {
      const name = String(path[0] ?? '');
      const isMissing = this.parameter(name) === undefined;
      return [
        name,
        isMissing
          ? fields.required
          : fill(texts[fieldText[name] ?? ''] ?? fields.invalid, this.settings.passwordLength),
      ];
    });
    return Object.fromEntries(entries) as Record<string, string>;
  }

  /** A form that nobody has filled in yet, with what the URL suggests, or else the application's request. */
  newForm(...suggested: string[]): FormState {
    const hints: Readonly<Record<string, string | undefined>> = { email: this.application?.loginHint };
    const values = suggested.map((name) => [name, this.parameter(name) ?? hints[name] ?? ''] as const);
    return { ...emptyForm, values: Object.fromEntries(values) };
  }
}

/** A parameter of the form, or else of the URL. */
export function parameterOf(request: FastifyRequest, name: string): string | undefined {
  const { body, query } = request as { body?: Record<string, unknown>; query?: Record<string, unknown> };
  const value = body?.[name] ?? query?.[name];
  return typeof value === 'string' ? value : undefined;
}

/** What a problem means to the person; undefined for those that have nothing to do with what was entered. */
export function explain(
  { texts, locale }: Pick<Page, 'texts' | 'locale'>,
  { problem, extras }: ProblemException,
): string | undefined {
  const explanations: Readonly<Record<string, string>> = texts.problems;
  const text = explanations[problem.code];
  if (text === undefined) {
    return undefined;
  }
  const seconds = new Intl.NumberFormat(locale, { style: 'unit', unit: 'second', unitDisplay: 'long' });
  return fill(text, { wait: seconds.format(Math.ceil(extras.retryAfter ?? 1)) });
}

/** Which text explains an invalid field. */
const fieldText: Readonly<Record<string, string>> = {
  email: 'email',
  new_email: 'email',
  password: 'invalid',
  new_password: 'newPassword',
  code: 'code',
  picture: 'picture',
};
