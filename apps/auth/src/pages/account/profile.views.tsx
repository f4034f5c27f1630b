import type { AccountDetails } from '../../accounts/index.ts';
import { locales, type Locale } from '../../texts/index.ts';
import { Field, SelectField, type FieldProps, type FormPageProps, type Page } from '../kit/index.ts';
import { ChangePage } from './change.views.tsx';
import { Action, Section } from './section.views.tsx';

/** Each language in its own words. */
const languages: Readonly<Record<Locale, string>> = { en: 'English', de: 'Deutsch', fr: 'Français', es: 'Español' };
const timeZones = ['UTC', ...Intl.supportedValuesOf('timeZone')];

/** What the account says about its owner. */
export const ProfileSection = ({ page, account }: { page: Page; account: AccountDetails }) => {
  const { profile } = page.texts;
  const name = account.name ?? [account.givenName, account.familyName].filter(Boolean).join(' ');
  return (
    <Section title={profile.title} action={<Action href="/account/profile" label={profile.change} />}>
      {name === '' ? <p class="muted small">{profile.text}</p> : <p>{name}</p>}
    </Section>
  );
};

export const ProfilePage = ({ page, form }: FormPageProps) => {
  const { profile } = page.texts;
  const zone = form.values['zoneinfo'] ?? '';
  const zones = timeZones.includes(zone) || zone === '' ? timeZones : [zone, ...timeZones];
  return (
    <ChangePage
      page={page}
      form={form}
      title={profile.title}
      text={profile.text}
      action="/account/profile"
      submit={profile.submit}
    >
      <Text form={form} name="name" label={profile.name} autocomplete="name" />
      <Text form={form} name="given_name" label={profile.givenName} autocomplete="given-name" />
      <Text form={form} name="family_name" label={profile.familyName} autocomplete="family-name" />
      <Field
        form={form}
        name="picture"
        type="url"
        label={profile.picture}
        autocomplete="photo"
        maxlength={1024}
        optional
      />
      <SelectField form={form} name="locale" label={profile.language} autocomplete="language">
        <option value="">{profile.languageOfBrowser}</option>
        {locales.map((locale) => (
          <option value={locale} lang={locale} selected={form.values['locale'] === locale}>
            {languages[locale]}
          </option>
        ))}
      </SelectField>
      <SelectField form={form} name="zoneinfo" label={profile.timeZone} autocomplete="off">
        <option value="">{profile.noTimeZone}</option>
        {zones.map((name) => (
          <option selected={zone === name}>{name}</option>
        ))}
      </SelectField>
    </ChangePage>
  );
};

const Text = ({ autocomplete, ...field }: Pick<FieldProps, 'form' | 'name' | 'label' | 'autocomplete'>) => (
  <Field {...field} autocomplete={autocomplete} autocapitalize="words" maxlength={200} optional />
);
