import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** Documentation of a setting beside its type and default. */
export interface SettingMeta {
  description: string;
  /** Unit of a numeric setting, such as `s` or `ms`. */
  unit?: string;
  /** A secret is never printed. It can also be read from the file that `<NAME>_FILE` names. */
  secret?: boolean;
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
