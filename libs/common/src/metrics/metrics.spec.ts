import { expect, it } from 'vitest';
import { register } from 'prom-client';
import { counter, gauge } from './metrics.ts';

const series = async (name: string) => (await register.metrics()).split('\n').filter((line) => line.startsWith(name));

it('a counter starts all combinations of its labels at 0', async () => {
  const checks = counter({
    name: 'checks_total',
    help: 'Checks',
    labels: { purpose: ['login', 'step_up'], result: ['succeeded', 'failed'] },
  });
  checks.inc({ purpose: 'login', result: 'failed' });
  checks.inc({ purpose: 'step_up', result: 'failed' }, 2);
  expect(await series('checks_total')).toEqual([
    'checks_total{purpose="login",result="succeeded"} 0',
    'checks_total{purpose="login",result="failed"} 1',
    'checks_total{purpose="step_up",result="succeeded"} 0',
    'checks_total{purpose="step_up",result="failed"} 2',
  ]);
});

it('a counter without labels starts at 0', async () => {
  const exports = counter({ name: 'exports_total', help: 'Exports' });
  expect(await series('exports_total')).toEqual(['exports_total 0']);
  exports.inc();
  exports.inc(2);
  expect(await series('exports_total')).toEqual(['exports_total 3']);
});

it('counters with the same name add up', async () => {
  const declare = (...provider: string[]) => counter({ name: 'flows_total', help: 'Flows', labels: { provider } });
  const [first, second] = [declare('a'), declare('a', 'b')];
  first.inc({ provider: 'a' });
  second.inc({ provider: 'a' });
  expect(await series('flows_total')).toEqual(['flows_total{provider="a"} 2', 'flows_total{provider="b"} 0']);
});

it('a counter without listed label values has no series before the first increment', async () => {
  const upgrades = counter({ name: 'upgrades_total', help: 'Upgrades', labels: { from: [] } });
  expect(await series('upgrades_total')).toEqual([]);
  upgrades.inc({ from: 'bcrypt' });
  expect(await series('upgrades_total')).toEqual(['upgrades_total{from="bcrypt"} 1']);
});

it('a gauge is read at each scrape and shows only the series that are set', async () => {
  let certificate: string | undefined = 'a';
  gauge({
    name: 'expiry_seconds',
    help: 'Expiry',
    labels: ['subject'],
    collect: (set) => {
      if (certificate) {
        set(7, { subject: certificate });
      }
    },
  });
  expect(await series('expiry_seconds')).toEqual(['expiry_seconds{subject="a"} 7']);
  certificate = 'b';
  expect(await series('expiry_seconds')).toEqual(['expiry_seconds{subject="b"} 7']);
  certificate = undefined;
  expect(await series('expiry_seconds')).toEqual([]);
});

it('a gauge replaces one with the same name', async () => {
  for (const value of [1, 2]) {
    gauge({ name: 'age_seconds', help: 'Age', collect: (set) => set(value) });
  }
  expect(await series('age_seconds')).toEqual(['age_seconds 2']);
});
