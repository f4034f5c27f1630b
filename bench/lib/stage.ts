import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { loadAuthConfig, migrate, root } from '../../tools/built.ts';
import { startPostgres, type EmbeddedPostgres } from '../../tools/embedded-postgres.ts';
import { Generator } from './load.ts';
import { bind, halves, type Shares } from './processors.ts';
import { startProgram, type Program } from './programs.ts';
import { nodeFlags } from './dockerfile.ts';

/** Memory limit of the service's container in MiB. V8's heap gets half of it. */
export const memoryLimitMiB = 512;
/** `iss` of the service's access tokens; nothing connects to it. */
export const issuer = 'https://auth.example.com';

/** The environment of a measurement: PostgreSQL with its defaults, a load generator, and programs. */
export class Stage {
  /** Folder for CPU profiles of the service, if any. */
  profiles: string | undefined;
  /** The partition of the processors after {@link isolate}. */
  processors: Shares | undefined;
  readonly keyEncryptionKey = randomBytes(32);
  readonly generator = new Generator();
  private readonly directory: string;
  private readonly postgres: EmbeddedPostgres;
  private readonly programs = new Set<Program>();
  private readonly clients: pg.Client[] = [];
  private started = 0;

  private constructor(directory: string, postgres: EmbeddedPostgres) {
    this.directory = directory;
    this.postgres = postgres;
  }

  static async open(): Promise<Stage> {
    const directory = await mkdtemp(join(tmpdir(), 'auth-bench-'));
    const stage = new Stage(directory, await startPostgres(directory, { max_wal_size: '4GB' }));
    process.on('SIGINT', stage.abort).on('SIGTERM', stage.abort);
    return stage;
  }

  /** Reserves half of the processors for programs that are started from now on, if there are at least two processors. */
  async isolate(): Promise<void> {
    this.processors = await halves();
    if (this.processors !== undefined) {
      await bind(await this.postgresPid(), this.processors.others);
      await bind(this.generator.pid, this.processors.others);
    }
  }

  /** Number of processors for a program that is started now. */
  get processorCount(): number {
    return this.processors?.count ?? availableParallelism();
  }

  /** Process id of PostgreSQL. */
  async postgresPid(): Promise<number> {
    return Number.parseInt(await readFile(join(this.directory, 'postgres', 'postmaster.pid'), 'utf8'), 10);
  }

  /** Creates an empty, migrated database. */
  async database(name: string): Promise<pg.Client> {
    await this.postgres.createDatabase(name);
    await migrate(loadAuthConfig(this.environment(name)));
    const client = new pg.Client(this.postgres.url(name));
    // a failed measurement stops the server before the client
    client.on('error', () => undefined);
    await client.connect();
    this.clients.push(client);
    return client;
  }

  /**
   * Creates a database without a schema.
   * @returns its URL
   */
  async emptyDatabase(name: string): Promise<string> {
    await this.postgres.createDatabase(name);
    return this.postgres.url(name);
  }

  /** Production settings of the service behind a gateway that forwards the client's IP address. */
  environment(database: string): NodeJS.ProcessEnv {
    return {
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      PORT: '0',
      METRICS_PORT: '0',
      TRUST_PROXY: '127.0.0.1',
      TOKEN_ISSUER: issuer,
      APP_URL: 'https://app.example.com',
      WEBAUTHN_RP_ID: 'example.com',
      WEBAUTHN_ORIGINS: 'https://app.example.com',
      DATABASE_URL: this.postgres.url(database),
      KEY_ENCRYPTION_KEYS: this.keyEncryptionKey.toString('base64'),
    };
  }

  /** Starts the bundled service as its image does. */
  startService(database: string, settings: NodeJS.ProcessEnv = {}): Promise<Program> {
    const profiling = this.profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${this.profiles}`];
    const flags = [`--max-old-space-size=${memoryLimitMiB / 2}`, ...profiling];
    return this.start(
      '.cache/bundle/auth/dist/apps/auth/src/main.js',
      { ...this.environment(database), ...settings },
      flags,
    );
  }

  /** Starts a program of this project with the Node.js flags of the service's image. */
  async start(path: string, environment: NodeJS.ProcessEnv = {}, flags: string[] = []): Promise<Program> {
    this.started += 1;
    const log = join(this.directory, `program-${this.started}.log`);
    const program = await startProgram(
      join(root, path),
      { NODE_ENV: 'production', ...environment },
      log,
      [...nodeFlags, ...flags],
      this.processors?.measured,
    );
    this.programs.add(program);
    return program;
  }

  private readonly abort = (): void => {
    void this.close().finally(() => process.exit(1));
  };

  /** Stops everything and deletes all data. */
  async close(): Promise<void> {
    process.off('SIGINT', this.abort).off('SIGTERM', this.abort);
    this.generator.stop();
    await Promise.all([...this.programs].map((program) => program.stop()));
    await Promise.all(this.clients.map((client) => client.end()));
    await this.postgres.stop();
    await rm(this.directory, { recursive: true });
  }
}
