import { Problem } from '#common';

export const crossSiteRequest = new Problem(403, 'cross_site_request', 'The form was sent from another site');

/** Another tab has signed in to another account since the form was shown. */
export const accountChanged = new Problem(409, 'account_changed', 'The form belongs to another account');
