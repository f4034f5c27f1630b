import { describe, expect, it } from '@jest/globals';
import { providersSetting } from './oidc-providers.ts';

const good = {
  id: 'corp',
  name: 'Corp',
  issuer: 'https://id.example.com',
  client_id: 'auth',
  client_secret: 'hush-hush',
  redirect_uris: ['https://app.example.com/signed-in'],
};

const problemsOf = (text: string) =>
  providersSetting.safeParse(text).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

it('is a list with defaults, and empty where it is unset', () => {
  expect(providersSetting.parse(undefined)).toEqual([]);
  expect(providersSetting.parse(JSON.stringify([good]))).toEqual([
    { ...good, scopes: ['openid', 'email'], client_authentication: 'client_secret_basic' },
  ]);
});

describe('mistakes', () => {
  it('are told all at once, by their place', () => {
    const wrong = [
      { ...good, id: 'Corp 1', issuer: 'http://id.example.com', color: 'red' },
      { ...good, name: '', scopes: ['email'], redirect_uris: [] },
    ];
    const places = problemsOf(JSON.stringify(wrong)).map((problem) => problem.split(':', 1)[0]);
    expect(places.sort()).toEqual(['0', '0.id', '0.issuer', '1.name', '1.redirect_uris', '1.scopes']);
    expect(problemsOf(JSON.stringify([good, good]))).toEqual([': each id must be another one']);
  });

  it('never show what was given, which has secrets in it', () => {
    for (const text of ['{"client_secret": hush-hush}', JSON.stringify([{ ...good, client_secret: ['hush-hush'] }])]) {
      expect(problemsOf(text)).toHaveLength(1);
      expect(problemsOf(text).join()).not.toContain('hush');
    }
  });
});

describe('a redirect URI', () => {
  const accepts = (uri: string) => problemsOf(JSON.stringify([{ ...good, redirect_uris: [uri] }])).length === 0;

  it.each(['https://app.example.com/', 'http://127.0.0.1:8080/cb', 'http://localhost/cb', 'com.example.app:/cb'])(
    'may be %s',
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
  ])('may not be %s', (uri) => {
    expect(accepts(uri)).toBe(false);
  });
});
