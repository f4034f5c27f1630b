import { expect, it } from 'vitest';
import fc from 'fast-check';
import { ipKey } from './ip-key.ts';

it.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:0:1:2:3:4:5', '2001:db8:0:1::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:0DB8:0000:0001::', '2001:db8:0:1::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('counts %s as %s', (address, key) => {
  expect(ipKey(address)).toBe(key);
});

it('counts all addresses of one /64 as one, however they are spelled', () => {
  const group = fc.integer({ min: 1, max: 0xffff }).map((value) => value.toString(16));
  const half = fc.array(group, { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(half, half, half, (network, one, other) => {
      const key = ipKey([...network, ...one].join(':'));
      expect(ipKey([...network, ...other].join(':').toUpperCase())).toBe(key);
      expect(ipKey(`${network.join(':')}::`)).toBe(key);
    }),
  );
});
