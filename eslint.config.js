// SPDX-License-Identifier: Apache-2.0
// Only what needs types or knows this project: promises, and who may import whom.
import tseslint from 'typescript-eslint';

// From the outermost layer to the innermost. A layer uses those after it and
// never those before it; types may be shared in both directions.
const layers = [['cli'], ['container', 'image'], ['engine'], ['spec', 'security']];

const onlyNativeLoads = {
  regex: '(^node-gyp-build$|\\.node$)',
  message: 'only lib/native.ts loads the addon',
};

function layerRule(folders, outer) {
  const forbidden = outer.flat().map((folder) => `(^|/)${folder}(/|$)`);
  const arrow = {
    regex: forbidden.join('|'),
    allowTypeImports: true,
    message: `imports point inwards: ${layers.map((layer) => layer.join(', ')).join(' -> ')}`,
  };
  return {
    files: folders.map((folder) => `lib/${folder}/**/*.ts`),
    rules: {
      '@typescript-eslint/no-restricted-imports': ['error', { patterns: [onlyNativeLoads, arrow] }],
    },
  };
}

export default tseslint.config(
  {
    files: ['lib/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts'],
    plugins: { '@typescript-eslint': tseslint.plugin },
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { project: './tsconfig.test.json', tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/prefer-promise-reject-errors': 'error',
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
    },
  },
  {
    files: ['lib/**/*.ts'],
    ignores: ['lib/native.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': ['error', { patterns: [onlyNativeLoads] }],
    },
  },
  ...layers.slice(1).map((folders, index) => layerRule(folders, layers.slice(0, index + 1))),
);
