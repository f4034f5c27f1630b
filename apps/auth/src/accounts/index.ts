export { AccountsModule } from './accounts.module.ts';
export { Account, type Role } from './account.entity.ts';
export { profileColumns, type AccountDetails, type AccountProfile, type StoredAccount } from './account.ts';
export { AccountAccessService, type CredentialStore } from './account-access.service.ts';
export { AccountDirectoryRepository, type Invitee } from './account-directory.repository.ts';
export { AccountSearchRepository, type AccountCount, type FoundAccount } from './account-search.repository.ts';
export { AccountPasswordsService } from './account-passwords.service.ts';
export { AccountsRepository } from './accounts.repository.ts';
export { AdminAuthorityService, type ActScope } from './admin-authority.service.ts';
export { BulkAccountsRepository } from './bulk-accounts.repository.ts';
export { AccountsService } from './accounts.service.ts';
export { KnownDevicesService } from './known-devices.service.ts';
export { email, role } from './accounts.schema.ts';
export {
  adminProfileChangeSchema,
  adminProfileFields,
  profileChangeSchema,
  profileExample,
  toOwnProfile,
  type ProfileChange,
} from './profile.schema.ts';
export {
  adminEmailUnverified,
  adminRequired,
  emailTaken,
  lastAdmin,
  passwordIncorrect,
  passwordReused,
  registrationClosed,
} from './accounts.problems.ts';
export { MailboxProofsService } from './mailbox-proofs.service.ts';
export { newDeviceFacts, NoticesService } from './notices.service.ts';
export { reauthenticationProblems, ReauthenticationService } from './reauthentication.service.ts';
export { RegistrationService } from './registration.service.ts';
