import { describe, expect, it } from 'vitest';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { commaSeparated, commonSettings } from './common-settings.ts';
import { ConfigError, describeSettings, loadConfig, setting } from './config.ts';

const schema = z.object({
  NAME: setting(z.string(), { description: 'the name' }),
  LIMIT: setting(z.coerce.number().int().min(1).max(9).default(5), { description: 'the maximum', unit: 's' }),
  LIST: setting(commaSeparated.default([]), { description: 'some items' }),
  MODE: setting(z.enum(['on', 'off']).default('on'), { description: 'one of two values' }),
  KEY: setting(z.string().min(4).optional(), { description: 'a secret', secret: true }),
});

const file = (text: string) => {
  const path = join(mkdtempSync(join(tmpdir(), 'config-')), 'secret');
  writeFileSync(path, text);
  return path;
};

const problemsOf = (environment: Record<string, string>) => {
  try {
    loadConfig(schema, environment);
    return [];
  } catch (error) {
    return (error as ConfigError).problems;
  }
};

describe('loadConfig', () => {
  it('reads values, defaults and lists; treats an empty value as unset', () => {
    expect(loadConfig(schema, { NAME: 'x', LIMIT: '', LIST: 'a, b,' })).toEqual({
      NAME: 'x',
      LIMIT: 5,
      LIST: ['a', 'b'],
      MODE: 'on',
    });
  });

  it('reads a secret from its file and trims the trailing newline', () => {
    expect(loadConfig(schema, { NAME: 'x', KEY_FILE: file('opensesame\n') }).KEY).toBe('opensesame');
  });

  it('lists all problems at once without revealing secrets', () => {
    const problems = problemsOf({ LIMIT: '10', KEY: 'abc' });
    expect(problems.map((problem) => problem.split(':', 1)[0])).toEqual(['NAME', 'LIMIT', 'KEY']);
    expect(problems.join()).not.toContain('abc');
  });

  it('rejects an unreadable file and a secret given twice', () => {
    expect(problemsOf({ NAME: 'x', KEY_FILE: '/nowhere/at/all' })).toEqual([
      'KEY_FILE: cannot read /nowhere/at/all: ENOENT',
    ]);
    expect(problemsOf({ NAME: 'x', KEY: 'opensesame', KEY_FILE: file('opensesame') })).toEqual([
      'KEY: set it or KEY_FILE, not both',
    ]);
  });
});

it('describeSettings gives names, meanings, defaults, units and bounds', () => {
  expect(describeSettings(schema)).toEqual([
    { name: 'NAME', description: 'the name', required: true },
    {
      name: 'LIMIT',
      description: 'the maximum',
      required: false,
      defaultValue: '5',
      unit: 's',
      minimum: 1,
      maximum: 9,
    },
    { name: 'LIST', description: 'some items', required: false, defaultValue: '' },
    { name: 'MODE', description: 'one of two values', required: false, defaultValue: 'on', values: ['on', 'off'] },
    { name: 'KEY', description: 'a secret', required: false, secret: true },
  ]);
});

describe('CORS_ORIGINS', () => {
  const parse = (text: string) => commonSettings.CORS_ORIGINS.safeParse(text).data;

  it('takes exact origins with TLS, and those of this machine', () => {
    const origins = ['https://app.example.com', 'https://app.example.com:8443', 'http://localhost:5173'];
    expect(parse(origins.join(', '))).toEqual(origins);
  });

  it.each([
    '*',
    'null',
    'http://app.example.com',
    'https://app.example.com/',
    'https://app.example.com/path',
    'https://app.example.com:443',
    'https://*.example.com',
    'https://App.example.com',
    'ftp://localhost',
    'app.example.com',
  ])('does not take %s', (text) => {
    expect(parse(`https://app.example.com,${text}`)).toBeUndefined();
  });
});
