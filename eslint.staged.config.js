import tseslint from 'typescript-eslint';
import config from './eslint.config.js';

/** For the pre-commit hook: without the type-checked rules, which take most of the time. `make check` runs all rules. */
export default tseslint.config(...config, { files: ['**/*.{ts,tsx}'], extends: [tseslint.configs.disableTypeChecked] });
