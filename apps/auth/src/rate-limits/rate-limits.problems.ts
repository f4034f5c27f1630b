import { Problem } from '#common';

export const tooManyAttempts = new Problem(429, 'too_many_attempts', 'Too many attempts; wait before the next one');
