import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: ['**/dist', 'coverage', 'node_modules', '.cache', '.data', 'bin', 'bench/peers', 'libs/client/src/api.ts'],
  },
  eslint.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      curly: ['error', 'all'],
      // interfaces require async functions, even if they await nothing
      '@typescript-eslint/require-await': 'off',
      // no-non-null-assertion forbids what this rule suggests
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      // Nest's options are classes that nobody constructs
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // the predicate of a property test is an expectation
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Nest's modules are empty classes with a decorator
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true, allowStaticOnly: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['examples/single-page-app/*.js'],
    languageOptions: {
      globals: Object.fromEntries(
        ['URL', 'URLSearchParams', 'console', 'document', 'fetch', 'history', 'location', 'sessionStorage'].map(
          (name) => [name, 'readonly'],
        ),
      ),
    },
  },
  {
    files: ['**/*.spec.ts', '**/*.e2e.ts', 'apps/auth/test/support/*.ts'],
    rules: {
      // tests assert on bodies, whose types are unknown
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/restrict-plus-operands': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
    },
  },
);
