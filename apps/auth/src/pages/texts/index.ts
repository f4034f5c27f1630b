export type { Texts } from './messages/en.ts';
export { fill, textsOf } from './texts.ts';
