import { Text } from '@mantine/core';
import { PageTitle } from '../kit/page-title.tsx';
import { useTexts } from '../language.ts';
import { texts } from './texts.ts';

export function NotFound() {
  const t = useTexts(texts);
  return (
    <>
      <PageTitle title={t.notFound} />
      <Text>{t.notFoundText}</Text>
    </>
  );
}
