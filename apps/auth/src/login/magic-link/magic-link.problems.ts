import { Problem } from '#common';

export const magicLinksDisabled = new Problem(404, 'magic_links_disabled', 'Login by magic link is switched off');
