import { Code, NativeSelect, SegmentedControl, SimpleGrid, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useContext, useState } from 'react';
import type { MailPreviewList } from '#client';
import { api, orThrow } from '../../api.ts';
import { Section } from '../../kit/section.tsx';
import { Loaded } from '../../kit/loaded.tsx';
import { fill, LocaleContext, useTexts } from '../../language.ts';
import { languageNames } from '../../layout/texts.ts';
import { MailFrame } from './mail-frame.tsx';
import { texts } from './texts.ts';

type Preview = MailPreviewList['previews'][number];
type Template = Preview['template'];
const forms = ['html', 'text'] as const;

function Shown({ template, locale }: Pick<Preview, 'template' | 'locale'>) {
  const t = useTexts(texts);
  const [form, setForm] = useState<(typeof forms)[number]>('html');
  const query = useQuery({
    queryKey: ['mail-preview', template, locale],
    queryFn: ({ signal }) => {
      const params = { path: { template }, query: { locale } };
      return orThrow(api.GET('/auth/admin/mail-previews/{template}', { params, signal }));
    },
    staleTime: Infinity,
  });
  return (
    <>
      <SegmentedControl
        transitionDuration={0}
        aria-label={t.form}
        value={form}
        onChange={setForm}
        data={forms.map((value) => ({ value, label: t.forms[value] }))}
        maw={320}
      />
      <Loaded query={query}>
        {({ subject, text, html }) => (
          <>
            <Text fw={600} lang={locale}>
              {fill(t.subject, { subject })}
            </Text>
            {form === 'html' ? (
              <MailFrame title={subject} html={html} />
            ) : (
              <Code block className="wrap" style={{ whiteSpace: 'pre-wrap' }} lang={locale}>
                {text}
              </Code>
            )}
          </>
        )}
      </Loaded>
    </>
  );
}

/** Shows each mail in each language, with example values. */
export function Previews() {
  const t = useTexts(texts);
  const { locale: own } = useContext(LocaleContext);
  const [template, setTemplate] = useState<Template>();
  const [locale, setLocale] = useState<Preview['locale']>(own);
  const query = useQuery({
    queryKey: ['mail-previews'],
    queryFn: ({ signal }) => orThrow(api.GET('/auth/admin/mail-previews', { signal })),
    staleTime: Infinity,
  });
  return (
    <Section title={t.previews}>
      <Loaded query={query}>
        {({ previews }) => {
          const inLanguage = previews.filter((preview) => preview.locale === locale);
          const chosen = inLanguage.find((preview) => preview.template === template) ?? inLanguage[0];
          return (
            <>
              <SimpleGrid cols={{ base: 1, xs: 2 }} maw={640}>
                <NativeSelect
                  label={t.template}
                  value={chosen?.template}
                  data={inLanguage.map((preview) => preview.template)}
                  onChange={({ currentTarget }) => {
                    setTemplate(currentTarget.value as Template);
                  }}
                />
                <NativeSelect
                  label={t.language}
                  value={locale}
                  data={[...new Set(previews.map((preview) => preview.locale))].map((value) => ({
                    value,
                    label: languageNames[value],
                  }))}
                  onChange={({ currentTarget }) => {
                    setLocale(currentTarget.value as Preview['locale']);
                  }}
                />
              </SimpleGrid>
              {chosen && <Shown template={chosen.template} locale={locale} />}
            </>
          );
        }}
      </Loaded>
    </Section>
  );
}
