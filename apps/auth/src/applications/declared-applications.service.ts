import { ConfigError, isUniqueViolation, RepeatedJob } from '#common';
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { AuditService } from '../audit/index.ts';
import { AUTH_CONFIG, type AuthConfig } from '../config.ts';
import { consoleClientId } from '../config/index.ts';
import type { Application } from './application.ts';
import type { OwnNames } from './application-uris.ts';
import { ApplicationLogosRepository } from './application-logos.repository.ts';
import { ApplicationSecretsRepository } from './application-secrets.repository.ts';
import { ApplicationsRepository } from './applications.repository.ts';
import type { Declaration } from './applications.schema.ts';
import { applicationOf } from './applications.service.ts';
import { consoleDeclaration, parseDeclarations } from './declarations.ts';

/** Kubernetes replaces a mounted ConfigMap by a symbolic link, which no watcher reports reliably. */
const pollMs = 5000;

/**
 * Keeps the console's application as the service itself declares it, and those that `APPLICATIONS_FILE` declares the same as the file, at
 * start and whenever its content changes. Those made by the API are never touched. Every replica may run it: an advisory lock
 * serialises them.
 */
@Injectable()
export class DeclaredApplicationsService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(DeclaredApplicationsService.name);
  private job: RepeatedJob | undefined;
  /** Whether nothing is left to do for the console. */
  private hasConsole = false;
  /** The content that was read last, whether it was valid or not. */
  private content: string | undefined;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(AUTH_CONFIG) private readonly config: Pick<AuthConfig, 'APPLICATIONS_FILE'> & OwnNames,
    private readonly applications: ApplicationsRepository,
    private readonly secrets: ApplicationSecretsRepository,
    private readonly logos: ApplicationLogosRepository,
    private readonly audit: AuditService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.apply();
    if (this.config.APPLICATIONS_FILE !== undefined || !this.hasConsole) {
      this.job = new RepeatedJob(pollMs, () => this.apply());
      this.job.start();
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.job?.stop();
  }

  private async apply(): Promise<void> {
    if (!this.hasConsole) {
      await this.declareConsole();
    }
    if (this.config.APPLICATIONS_FILE !== undefined) {
      await this.follow(this.config.APPLICATIONS_FILE);
    }
  }

  /** Reconciles if the file's content has changed. A fault is logged, and the applications stay as they are. */
  private async follow(path: string): Promise<void> {
    let content: string | undefined;
    try {
      content = await readFile(path, 'utf8');
      if (content === this.content) {
        return;
      }
      const declarations = parseDeclarations(content, this.config);
      await this.dataSource.transaction((manager) => this.reconcile(manager, declarations));
      this.content = content;
    } catch (error) {
      this.logger.error(error, 'the declared applications could not be applied');
      if (error instanceof ConfigError) {
        // the next attempt waits for another content; by now the file may have one
        this.content = content;
      }
    }
  }

  private async reconcile(manager: EntityManager, declarations: Declaration[]): Promise<void> {
    await this.applications.lockDeclared(manager);
    const present = await this.applications.listDeclared(manager);
    const isDeclared = ({ clientId }: Application) =>
      clientId === consoleClientId || declarations.some((one) => one.client_id === clientId);
    for (const gone of present.filter((known) => !isDeclared(known))) {
      await this.applications.delete(manager, gone.id);
      await this.record(manager, gone, 'deleted');
    }
    for (const declaration of declarations) {
      await this.declare(manager, declaration, present);
    }
  }

  /**
   * Fails while the database is not migrated. An application that has taken the client id before keeps it: nobody can sign in to the console
   * then, and all else works.
   */
  private async declareConsole(): Promise<void> {
    try {
      await this.dataSource.transaction(async (manager) => {
        await this.applications.lockDeclared(manager);
        await this.declare(manager, consoleDeclaration(this.config), await this.applications.listDeclared(manager));
      });
      this.hasConsole = true;
    } catch (error) {
      this.hasConsole = isUniqueViolation(error, 'application_client_id_key');
      this.logger.error(
        error,
        this.hasConsole
          ? `the console has no application: delete the one with the client id ${consoleClientId}, and restart`
          : 'the application of the console could not be declared',
      );
    }
  }

  private async declare(manager: EntityManager, declared: Declaration, present: Application[]): Promise<void> {
    const known = present.find(({ clientId }) => clientId === declared.client_id);
    const application = { ...applicationOf(known?.id ?? uuidv7(), declared), declared: true };
    if (!known) {
      await this.applications.insert(manager, { ...application, createdBy: null });
      await this.logos.replace(manager, application.id, declared.logo);
      await this.record(manager, application, 'created');
    } else {
      const hasOtherLogo = await this.logos.replace(manager, application.id, declared.logo);
      if (hasOtherLogo || !isDeepStrictEqual(known, application)) {
        await this.applications.update(manager, application);
        await this.record(manager, application, 'changed');
      }
    }
    const hashes = declared.secret_hashes.map((hex) => Buffer.from(hex, 'hex'));
    await this.secrets.declare(manager, application.id, hashes);
  }

  private async record(manager: EntityManager, { id, clientId }: Application, change: string): Promise<void> {
    const detail = { client_id: clientId, change };
    await this.audit.record(manager, null, { type: 'application.declared', subjectId: id, detail });
  }
}
