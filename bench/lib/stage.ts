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
import { nodeFlags } from './recipe.ts';

/** Memory limit of the service's container, in MiB; half of it is for V8's heap. */
export const memoryLimitMiB = 512;

/** What all measurements share: a PostgreSQL with its own defaults, a load generator, and programs on them. */
export class Stage {
  /** Folder for CPU profiles of the service; none are made without it. */
  profiles: string | undefined;
  /** Where programs have processors to themselves: theirs, and those of PostgreSQL and the generator. */
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

  /** Gives the programs that are started from now on half of the processors to themselves, where there are two or more. */
  async isolate(): Promise<void> {
    this.processors = await halves();
    if (this.processors !== undefined) {
      await bind(await this.postgresPid(), this.processors.around);
      await bind(this.generator.pid, this.processors.around);
    }
  }

  /** How many processors a program may use that is started now. */
  get processorCount(): number {
    return this.processors?.count ?? availableParallelism();
  }

  /** Process id of PostgreSQL. */
  async postgresPid(): Promise<number> {
    return Number.parseInt(await readFile(join(this.directory, 'postgres', 'postmaster.pid'), 'utf8'), 10);
  }

  /** A migrated database with nothing in it. */
  async database(name: string): Promise<pg.Client> {
    await this.postgres.createDatabase(name);
    await migrate(loadAuthConfig(this.environment(name)));
    const client = new pg.Client(this.postgres.url(name));
    // if a measurement fails, the server stops before the client does
    client.on('error', () => undefined);
    await client.connect();
    this.clients.push(client);
    return client;
  }

  /**
   * A database of another program.
   * @returns its URL
   */
  async emptyDatabase(name: string): Promise<string> {
    await this.postgres.createDatabase(name);
    return this.postgres.url(name);
  }

  /** Settings of the service in production behind a gateway that tells the client's address. */
  environment(database: string): NodeJS.ProcessEnv {
    return {
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      PORT: '0',
      METRICS_PORT: '0',
      TRUST_PROXY: '127.0.0.1',
      DATABASE_URL: this.postgres.url(database),
      KEY_ENCRYPTION_KEYS: this.keyEncryptionKey.toString('base64'),
    };
  }

  /** The service as its image runs it. */
  startService(database: string, settings: NodeJS.ProcessEnv = {}): Promise<Program> {
    const profiling = this.profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${this.profiles}`];
    const flags = [`--max-old-space-size=${memoryLimitMiB / 2}`, ...profiling];
    return this.start('dist/apps/auth/src/main.js', { ...this.environment(database), ...settings }, flags);
  }

  /** A program of this project, by the same Node.js as the service's image. */
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

  /** Ends all, and leaves nothing. */
  async close(): Promise<void> {
    process.off('SIGINT', this.abort).off('SIGTERM', this.abort);
    this.generator.stop();
    await Promise.all([...this.programs].map((program) => program.stop()));
    await Promise.all(this.clients.map((client) => client.end()));
    await this.postgres.stop();
    await rm(this.directory, { recursive: true });
  }
}
