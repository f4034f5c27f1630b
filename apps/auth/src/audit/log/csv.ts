/**
 * Formats one record of comma-separated values (RFC 4180), each in quotes. An apostrophe is prepended to a cell that a spreadsheet would
 * evaluate as a formula, because some cells contain input from strangers.
 */
export function csvRecord(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return `"${harmless.replaceAll('"', '""')}"`;
}
