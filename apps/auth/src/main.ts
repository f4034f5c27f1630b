import { ConfigError, stopOnSignals } from '#common';
import { loadAuthConfig, type AuthConfig } from './config.ts';
import { startService } from './service.ts';

/** `EX_CONFIG` of sysexits(3): restarting won't help. */
const exitConfig = 78;

function configOrExit(): AuthConfig {
  try {
    return loadAuthConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) {
      throw error;
    }
    process.stderr.write(`${error.message}\n`);
    process.exit(exitConfig);
  }
}

const config = configOrExit();
stopOnSignals(await startService(config), config);
