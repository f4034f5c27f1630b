import type { Principal, RequestContext } from '#common';
import type { EntityManager } from 'typeorm';
import type { LoginLimits } from '../rate-limits/index.ts';

/** What tokens say about the account of a session. */
export interface Owner {
  roles: string[];
  emailVerified: boolean;
}

/** How the owner of a session proved who they are. */
export interface Authentication {
  /** Authentication methods (RFC 8176). */
  amr: string[];
  /** In seconds since 1970. */
  authTime: number;
}

/** From where and by what a session is used. */
export type Device = Pick<RequestContext, 'address' | 'userAgent'>;

/** The session that stays when the others of its account end, and the application by which its owner asks for that, if one does. */
export type KeptSession = Pick<Principal, 'sessionId' | 'issuedFor'>;

/** What applications have of sessions. */
export interface SessionGrants {
  /** Ends what they have of a session, in the caller's transaction, except for the application that asks for it. */
  endAllBut: (manager: EntityManager, kept: KeptSession) => Promise<void>;
}

/** A session that a login starts. */
export interface NewSession {
  id: string;
  accountId: string;
  /** SHA-256 of its refresh token. */
  tokenHash: Buffer;
  /** Authentication methods (RFC 8176); contains `mfa` if the login proved more than one factor. */
  amr: string[];
  /** When the account got the password that the login used, as PostgreSQL writes it; undefined for a login without one. */
  passwordSince: string | undefined;
  /** The account's security epoch when its credentials were checked; undefined for a login that an earlier version began. */
  securityEpoch: string | undefined;
  /** The rate limits that counted the login. */
  limits: LoginLimits | undefined;
}

export interface StartedSession {
  expiresAt: Date;
  authTime: number;
  emailVerified: boolean;
  /** Sessions that the account had before. */
  others: number;
}

/** A refresh token that a client presents, and the hashes of the tokens that may follow it. */
export interface PresentedToken {
  sessionId: string;
  hash: Buffer;
  /** The first one is for a new rotation. */
  successors: Buffer[];
}

export interface RefreshedSession extends Authentication, Owner {
  accountId: string;
  /** Hash of the token that is valid now: one of the successors. */
  tokenHash: Buffer;
  expiresAt: Date;
  /** False if an earlier request has rotated the token. */
  rotated: boolean;
}

export interface StoredSession {
  id: string;
  createdAt: Date;
  lastUsedAt: Date;
  expiresAt: Date;
  address: string;
  userAgent: string | null;
}

/** Who makes a change: the account and the session of an access token or of a browser. */
export interface SessionOwner {
  accountId: string;
  sessionId: string;
}
