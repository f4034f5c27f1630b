import { afterAll } from 'vitest';
import { cleanUp } from '../support/clean-up.ts';

afterAll(cleanUp);
