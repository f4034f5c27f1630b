export { frameOf, htmlOf, type PageFrame } from './frame.ts';
export { RequestingApplications, type RequestingApplication } from './requesting-applications.ts';
export { settingsFor, settingsOf, type PageSettings } from './page-settings.ts';
export { crossSiteRequest } from './page.problems.ts';
export { SeeOtherFilter } from './see-other.filter.ts';
export { isSameOrigin } from './same-origin.ts';
export { styleSource } from './page-headers.ts';
export { readerContext, readerLanguage } from './language.ts';
export { Destination, Layout, MessagePage, OnwardPage, WayOut } from './layout.tsx';
export {
  Alert,
  ButtonForm,
  CodeField,
  EmailField,
  Field,
  Form,
  nameOf,
  NewPasswordField,
  PasskeyForm,
  PasswordField,
  ProofField,
  SelectField,
  Submit,
  type FieldProps,
  type FormPageProps,
} from './form.tsx';
export { SeeOther, type FormState, type Html, type Page } from './page.ts';
export { CurrentPage, Pages, SignedIn } from './pages.decorator.ts';
export { PagesKitModule } from './pages-kit.module.ts';
export { continueUrl, withContinue } from './continue-url.ts';
export { jsonField } from './json-field.ts';
