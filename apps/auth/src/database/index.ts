export { authSchema, migrate } from './database.ts';
