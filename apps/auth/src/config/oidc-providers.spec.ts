import { describe, expect, it } from 'vitest';
import { providersSetting } from './oidc-providers.ts';

const valid = {
  id: 'corp',
  name: 'Corp',
  issuer: 'https://id.example.com',
  client_id: 'auth',
  client_secret: 'hush-hush',
  redirect_uris: ['https://app.example.com/login'],
};

const problemsOf = (text: string) =>
  providersSetting.safeParse(text).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

it('has defaults, and is empty if unset', () => {
  expect(providersSetting.parse(undefined)).toEqual([]);
  expect(providersSetting.parse(JSON.stringify([valid]))).toEqual([
    { ...valid, scopes: ['openid', 'email'], client_authentication: 'client_secret_basic', trust_email: false },
  ]);
});

describe('problems', () => {
  it('are reported all at once, with their paths', () => {
    const invalid = [
      { ...valid, id: 'Corp 1', issuer: 'http://id.example.com', color: 'red' },
      { ...valid, name: '', scopes: ['email'], redirect_uris: [] },
    ];
    const paths = problemsOf(JSON.stringify(invalid)).map((problem) => problem.split(':', 1)[0]);
    expect(paths.sort()).toEqual(['0', '0.id', '0.issuer', '1.name', '1.redirect_uris', '1.scopes']);
    expect(problemsOf(JSON.stringify([valid, valid]))).toEqual([': ids must be unique']);
  });

  it('include trusting the e-mail addresses of an issuer with many tenants', () => {
    const issuer = 'https://login.microsoftonline.com/common/v2.0';
    expect(problemsOf(JSON.stringify([{ ...valid, issuer, trust_email: true }]))).toEqual([
      '0.trust_email: requires the issuer of one tenant',
    ]);
    expect(problemsOf(JSON.stringify([{ ...valid, trust_email: true }]))).toEqual([]);
  });

  it('never contain the value, which holds secrets', () => {
    for (const text of ['{"client_secret": hush-hush}', JSON.stringify([{ ...valid, client_secret: ['hush-hush'] }])]) {
      expect(problemsOf(text)).toHaveLength(1);
      expect(problemsOf(text).join()).not.toContain('hush');
    }
  });
});

describe('a redirect URI', () => {
  const accepts = (uri: string) => problemsOf(JSON.stringify([{ ...valid, redirect_uris: [uri] }])).length === 0;

  it.each(['https://app.example.com/', 'http://127.0.0.1:8080/cb', 'http://localhost/cb', 'com.example.app:/cb'])(
    'can be %s',
    (uri) => {
      expect(accepts(uri)).toBe(true);
    },
  );

  it.each([
    'https://app.example.com',
    'https://app.example.com/cb?next=1',
    'https://app.example.com/cb#top',
    'http://app.example.com/cb',
    'javascript:alert(1)',
    'app:/cb',
    '/cb',
  ])('cannot be %s', (uri) => {
    expect(accepts(uri)).toBe(false);
  });
});
