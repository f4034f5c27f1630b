import { expect, it } from 'vitest';
import fc from 'fast-check';
import { csvRecord } from './csv.ts';

it.each([
  [['a', '', 'b'], '"a","","b"'],
  [['say "hi"', 'a,b', 'a\nb'], '"say ""hi""","a,b","a\nb"'],
  [['=1+1', '+1', '-1', '@a', '\tx'], `"'=1+1","'+1","'-1","'@a","'\tx"`],
])('writes %j', (cells, record) => {
  expect(csvRecord(cells)).toBe(`${record}\r\n`);
});

/** Parses a record as RFC 4180 defines it. */
const read = (record: string) =>
  [...`,${record.slice(0, -2)}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
  );

it('keeps every cell and neutralises every formula', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom('a', '"', ',', '\r', '\n', '=', '-') }), { minLength: 1 }),
      (cells) => {
        const back = read(csvRecord(cells));
        expect(back.map((cell) => cell.replace(/^'/, ''))).toEqual(cells);
        expect(back.some((cell) => /^[=+\-@\t\r]/.test(cell))).toBe(false);
      },
    ),
  );
});
