import { Problem } from '#common';

export const passwordTooWeak = new Problem(422, 'password_too_weak', 'The password is too easy to guess');
export const passwordBreached = new Problem(422, 'password_breached', 'The password was found in a data breach');
export const hashQueueFull = new Problem(503, 'hash_queue_full', 'Too many passwords are waiting to be checked');
