/** A program that has an account of its own: creates it at the first run, logs in, and shows its sessions. */
// an app of your own imports '@devopslocally/client'
import { createAuthClient, orThrow, tokenSession } from '../../libs/client/src/index.ts';

const baseUrl = process.env['AUTH_URL'] ?? 'http://localhost:3000';
const body = {
  email: process.env['EMAIL'] ?? 'program@example.com',
  password: process.env['PASSWORD'] ?? 'violet-otter-hums-42-songs',
};
const print = (line: string) => process.stdout.write(`${line}\n`);

const session = tokenSession({ baseUrl, onEnd: () => print('The session has ended.') });
const client = createAuthClient({ baseUrl, session });

const { error } = await client.POST('/auth/register', { body });
// the compiler knows the codes of this route
if (error && error.code !== 'email_taken') {
  throw new Error(error.title);
}
const login = await orThrow(client.POST('/auth/login', { body }));
if ('mfa_required' in login) {
  throw new Error(`The account has a second factor: ${login.methods.join(' or ')}.`);
}
await session.start(login);

const { email } = await orThrow(client.GET('/auth/me'));
const { sessions } = await orThrow(client.GET('/auth/sessions'));
print(`${email} has ${sessions.length} session(s)`);
await session.end();
