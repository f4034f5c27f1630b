import { type ProblemException, problems } from '#common';
import type { FastifyRequest } from 'fastify';
import { firstLocale } from '../../texts/index.ts';
import { frameOf, htmlOf, type PageFrame } from './frame.ts';
import { pageLocale } from './language.ts';
import { Layout } from './layout.tsx';
import type { PageSettings } from './page-settings.ts';
import { explain } from './page.ts';

/** Renders what went wrong outside of a form. Our own faults show the request id, which the operator finds in the log. */
export function renderProblem(settings: PageSettings, request: FastifyRequest, exception: ProblemException): string {
  // the language that an application has stated (OpenID Connect Core §3.1.2.1)
  const { ui_locales: tags } = (request.query ?? {}) as { ui_locales?: unknown };
  const page = frameOf(settings, null, pageLocale(request, null, firstLocale(tags)));
  const { texts } = page;
  const { title, text } = messageOf(page, exception);
  const isFault = exception.problem.status >= 500 && exception.problem !== problems.overloaded;
  return htmlOf(
    <Layout page={page} title={title}>
      <p role="alert">{text}</p>
      {isFault && (
        <p>
          <code>{request.id}</code>
        </p>
      )}
      <a class="button wide" href="/">
        {texts.common.toAccount}
      </a>
    </Layout>,
  );
}

function messageOf(page: PageFrame, exception: ProblemException) {
  const { errors, problems: explanations } = page.texts;
  const { status } = exception.problem;
  const explanation = explain(page, exception);
  if (status === 404 && explanation === undefined) {
    return { title: errors.notFoundTitle, text: errors.notFound };
  }
  if (status === 503) {
    return { title: errors.busyTitle, text: errors.busy };
  }
  return status >= 500
    ? { title: errors.failedTitle, text: errors.failed }
    : { title: errors.refusedTitle, text: explanation ?? explanations.validation_failed };
}
