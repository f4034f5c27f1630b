import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

/** Documentation of a setting beside its type and default. */
export interface SettingMeta {
  description: string;
  /** Unit of a numeric setting, such as `s` or `ms`. */
  unit?: string;
  /** A secret is never printed. It can also be read from the file that `<NAME>_FILE` names. */
  secret?: boolean;
  /**
   * Whether admins may see it where it is a text. They always see numbers, truth values and one of fixed choices. So a new text, which
   * may be a secret, stays hidden until this says otherwise.
   */
  visible?: boolean;
}

const settings = z.registry<SettingMeta>();

/**
 * Adds documentation to one setting of a configuration schema.
 * @param schema validates and converts the environment variable's string
 * @returns the same schema
 */
export function setting<T extends z.ZodType>(schema: T, meta: SettingMeta): T {
  settings.add(schema, meta);
  return schema;
}

/** Lists all invalid settings. A service that catches it exits with 78 (`EX_CONFIG`). */
export class ConfigError extends Error {
  readonly problems: string[];

  constructor(problems: string[]) {
    super(
      `The configuration has ${String(problems.length)} problem(s):\n${problems.map((p) => `  - ${p}`).join('\n')}`,
    );
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Loads a service's settings from the environment. An empty value counts as unset.
 * @param schema the service's settings by variable name
 * @param environment usually `process.env`
 * @throws ConfigError lists all problems, without the values of secrets
 */
export function loadConfig<T extends z.ZodObject>(schema: T, environment: Environment): z.output<T> {
  const problems: string[] = [];
  const values = Object.fromEntries(
    Object.entries(schema.shape as Record<string, z.ZodType>).map(([name, field]) => {
      const secret = settings.get(field)?.secret === true;
      const fromFile = secret ? readSecretFile(name, environment, problems) : undefined;
      return [name, fromFile ?? (environment[name] === '' ? undefined : environment[name])];
    }),
  );
  const result = schema.safeParse(values);
  if (!result.success) {
    problems.push(...result.error.issues.map((issue) => `${issue.path.join('.') || 'settings'}: ${issue.message}`));
  }
  if (problems.length > 0 || !result.success) {
    throw new ConfigError(problems);
  }
  return result.data;
}

function readSecretFile(name: string, environment: Environment, problems: string[]): string | undefined {
  const path = environment[`${name}_FILE`];
  if (!path) {
    return undefined;
  }
  if (environment[name]) {
    problems.push(`${name}: set it or ${name}_FILE, not both`);
  }
  try {
    return readFileSync(path, 'utf8').trimEnd();
  } catch (error) {
    problems.push(`${name}_FILE: cannot read ${path}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
    return undefined;
  }
}

/** A setting as its documentation shows it. */
export interface SettingDescription extends SettingMeta {
  name: string;
  required: boolean;
  /** Value that counts where the variable is unset, as the environment would spell it. */
  defaultValue?: string;
  /** The only values allowed. */
  values?: string[];
  /** Bounds of a number. */
  minimum?: number;
  maximum?: number;
}

/** The part of a setting's JSON Schema that its documentation shows. */
interface JsonProperty extends Pick<SettingDescription, 'minimum' | 'maximum'> {
  type?: string;
  default?: string | number | boolean | string[];
  enum?: string[];
}

/**
 * Describes settings for their documentation.
 * @param schema the service's settings by variable name
 */
export function describeSettings(schema: z.ZodObject): SettingDescription[] {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' });
  return Object.entries(schema.shape as Record<string, z.ZodType>).map(([name, field]) => {
    const { type, default: value, enum: values, minimum, maximum } = (properties[name] ?? {}) as JsonProperty;
    return {
      description: '',
      ...settings.get(field),
      name,
      required: !field.safeParse(undefined).success,
      defaultValue: value === undefined ? undefined : String(value),
      values: type === 'boolean' ? ['true', 'false'] : values,
      minimum,
      maximum,
    };
  });
}

/** A setting as it is in force, without what could be secret. */
export interface SettingInForce extends Pick<SettingDescription, 'name' | 'description' | 'unit' | 'defaultValue'> {
  secret: boolean;
  /** Whether the value differs from that of an unset variable. */
  isSet: boolean;
  /** Undefined if there is none, or if it is not shown. */
  value?: string | number | boolean | string[] | undefined;
}

/**
 * Describes settings with their values, for admins. A URL is shown without credentials and query.
 * @param schema the service's settings by variable name
 * @param values the loaded settings
 */
export function settingsInForce(schema: z.ZodObject, values: Readonly<Record<string, unknown>>): SettingInForce[] {
  const fields = schema.shape as Record<string, z.ZodType>;
  return describeSettings(schema).map(({ name, description, unit, defaultValue, values: choices, ...meta }) => {
    const { secret = false, visible = false } = meta;
    const value = values[name];
    const isHarmless = typeof value === 'number' || typeof value === 'boolean' || choices !== undefined;
    return {
      name,
      description,
      unit,
      defaultValue: secret ? undefined : defaultValue,
      secret,
      isSet: !isDeepStrictEqual(value, fields[name]?.safeParse(undefined).data),
      value: !secret && (isHarmless || visible) ? plain(value) : undefined,
    };
  });
}

function plain(value: unknown): SettingInForce['value'] {
  if (Array.isArray(value)) {
    return value.map((item) => withoutCredentials(String(item)));
  }
  if (typeof value === 'string') {
    return withoutCredentials(value);
  }
  return typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
}

const withoutCredentials = (text: string) =>
  text.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1…@').replace(/^([a-z][a-z0-9+.-]*:\/\/[^?#]*)\?.*$/i, '$1?…');
