/** The text of a template, by the identity of its literal parts: a template without fragments is joined once. */
const texts = new WeakMap<readonly string[], string>();

/**
 * A statement, or a part of one, that carries its values. {@link sql} makes it; a value never becomes part of the text.
 */
export class Sql {
  private readonly strings: readonly string[];
  private readonly values: readonly unknown[];

  constructor(strings: readonly string[], values: readonly unknown[]) {
    this.strings = strings;
    this.values = values;
  }

  /** The text with `$1`, `$2`, … for the values, and the values in that order. */
  compile(): { text: string; parameters: unknown[] } {
    const parameters: unknown[] = [];
    if (this.values.some((value) => value instanceof Sql)) {
      return { text: this.write(parameters), parameters };
    }
    let text = texts.get(this.strings);
    if (text === undefined) {
      text = this.write([]);
      texts.set(this.strings, text);
    }
    return { text, parameters: [...this.values] };
  }

  private write(parameters: unknown[]): string {
    return this.strings.reduce((text, string, index) => {
      const value = this.values[index - 1];
      return text + (value instanceof Sql ? value.write(parameters) : `$${String(parameters.push(value))}`) + string;
    });
  }
}

/**
 * Writes a statement: `sql\`/* account.find *\/ SELECT … WHERE id = ${id}\``. Each `${…}` becomes a parameter, or, where
 * it is a fragment made by `sql` itself, a part of the statement. A whole statement begins with its name in a comment, so
 * that a log of slow statements leads to a line of code.
 */
export const sql = (strings: TemplateStringsArray, ...values: unknown[]): Sql => new Sql(strings, values);

/** A fragment of constant text, such as a list of columns. Never give it anything from outside the code. */
sql.raw = (text: string): Sql => new Sql([text], []);

/** Fragments with a separator between them; empty without any. */
sql.join = (fragments: readonly Sql[], separator: string): Sql =>
  fragments.length === 0
    ? sql.raw('')
    : new Sql(['', ...Array<string>(fragments.length - 1).fill(separator), ''], fragments);

/** Stands in a statement of many forms: it is planned for its values each time, and not prepared. */
sql.planEachTime = sql.raw('/* plan each time */');
