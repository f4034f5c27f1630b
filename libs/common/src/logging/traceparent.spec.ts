import { expect, it } from 'vitest';
import fc from 'fast-check';
import { parseTraceparent } from './traceparent.ts';

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...Array.from('0123456789abcdef')), minLength: length, maxLength: length });

it('parses the ids of a traceparent', () => {
  fc.assert(
    fc.property(hex(32), hex(16), (trace, parent) => {
      const zero = /^0+$/.test(trace) || /^0+$/.test(parent);
      expect(parseTraceparent(`00-${trace}-${parent}-01`)).toEqual(zero ? {} : { trace_id: trace, parent_id: parent });
    }),
  );
});

it('ignores anything else', () => {
  fc.assert(
    fc.property(fc.string(), (header) => {
      expect(parseTraceparent(header)).toEqual({});
    }),
  );
  const ids = `${'a'.repeat(32)}-${'b'.repeat(16)}`;
  for (const header of [
    undefined,
    ['a'],
    `ff-${ids}-01`,
    `00-${ids}`,
    `00-${ids.toUpperCase()}-01`,
    `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`,
  ]) {
    expect(parseTraceparent(header)).toEqual({});
  }
});
