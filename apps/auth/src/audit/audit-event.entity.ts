import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Everything that can stand in the audit trail. */
export type AuditEventType =
  | 'account.registered'
  | 'account.data_exported'
  | 'account.created'
  | 'account.disabled'
  | 'account.enabled'
  | 'account.invited'
  | 'account.read'
  | 'account.roles_changed'
  | 'accounts.searched'
  | 'invitation.accepted'
  | 'account.deleted'
  | 'account.imported'
  | 'accounts.exported'
  | 'admin.created'
  | 'email.change_requested'
  | 'email.changed'
  | 'email.verified'
  | 'api_key.created'
  | 'api_key.revoked'
  | 'api_key.rotated'
  | 'audit.exported'
  | 'audit.read'
  | 'client.token_issued'
  | 'client.token_refused'
  | 'identity.link_refused'
  | 'identity.linked'
  | 'identity.unlinked'
  | 'key.rotated'
  | 'link.requested'
  | 'login.failed'
  | 'login.mfa_required'
  | 'login.succeeded'
  | 'mfa.failed'
  | 'mfa.recovery_code_used'
  | 'mfa.recovery_codes_regenerated'
  | 'mfa.stepped_up'
  | 'mfa.totp_disabled'
  | 'mfa.totp_enrolled'
  | 'mfa.totp_set_up'
  | 'passkey.cloned'
  | 'passkey.deleted'
  | 'passkey.registered'
  | 'passkey.renamed'
  | 'mfa.reset'
  | 'password.changed'
  | 'password.reset_forced'
  | 'service_account.created'
  | 'service_account.deleted'
  | 'session.refresh_reused'
  | 'session.revoked';

/**
 * One security event. Rows are only ever added, which triggers enforce: they change where an account is deleted alone, and
 * are deleted when they are old.
 */
@Entity('audit_event')
export class AuditEvent {
  @PrimaryColumn('uuid')
  id: string;

  @Column('timestamptz', { name: 'occurred_at', default: () => 'now()' })
  occurredAt: Date;

  @Column('text')
  type: AuditEventType;

  /** The account or service account that acted; null for strangers and the service itself. */
  @Column('uuid', { name: 'actor_id', nullable: true })
  actorId: string | null;

  /** The account or service account it happened to; null where there is none. */
  @Column('uuid', { name: 'subject_id', nullable: true })
  subjectId: string | null;

  @Column('inet', { nullable: true })
  address: string | null;

  @Column('text', { name: 'user_agent', nullable: true })
  userAgent: string | null;

  @Column('text', { name: 'request_id', nullable: true })
  requestId: string | null;

  /** Further facts, never a secret. */
  @Column('jsonb', { default: {} })
  detail: Record<string, unknown>;
}
