import { expect, it } from 'vitest';
import { deviceName } from './device-name.ts';

it.each([
  ['Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0', 'Firefox on Linux'],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
    'Chrome on Windows',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1',
    'Safari on iOS',
  ],
  ['curl/8.14.1', 'curl'],
  ['Mozilla/5.0 (X11; Linux) Restore/1 your account', 'unknown browser on Linux'],
  ['Restore it now at https://login.example.com/', 'unknown device'],
  ['Restore/it now at login.example.com', 'unknown device'],
  ['', 'unknown device'],
  [null, 'unknown device'],
])('names %p %s', (userAgent, name) => {
  expect(deviceName(userAgent)).toBe(name);
});
