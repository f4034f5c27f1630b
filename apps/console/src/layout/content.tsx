import { Loader } from '@mantine/core';
import { Suspense } from 'react';
import { Route, Switch, useLocation } from 'wouter';
import { Boundary } from '../kit/boundary.tsx';
import { Notice } from '../kit/notice.tsx';
import { Themed } from '../kit/themed.tsx';
import { useTexts } from '../language.ts';
import { pages, subPages } from '../pages.ts';
import { NotFound } from './not-found.tsx';
import { texts } from './texts.ts';

/** What the frame contains: the page that the path names. */
export default function Content() {
  const t = useTexts(texts);
  const [path] = useLocation();
  return (
    <Themed>
      <Boundary key={path}>
        <Suspense fallback={<Loader aria-label={t.loading} />}>
          <Switch>
            {[...pages, ...subPages].map(({ path: route, component }) => (
              <Route key={route} path={route} component={component} />
            ))}
            <Route component={NotFound} />
          </Switch>
        </Suspense>
      </Boundary>
      <Notice />
    </Themed>
  );
}
