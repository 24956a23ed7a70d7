import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

const layer = (files, forbidden) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { patterns: forbidden }] },
});
const tauri = { group: ['@tauri-apps/*'], message: 'Only src/platform knows Tauri.' };
const platform = {
  group: ['**/platform/tauri*', '**/platform/demo*', '**/fixtures/*'],
  message: 'The platform is handed to the stores; nobody else knows which one it is.',
};
const state = {
  group: ['**/state/*', '**/views/*', '**/platform/*'],
  message: 'A component knows no store, no view and no command: hand it what it shows.',
};

export default ts.config(
  { ignores: ['dist', 'node_modules', 'src/paraglide', 'src/api/generated', 'test-results', '!.storybook'] },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser, __DEMO__: 'readonly' } },
    rules: {
      'no-undef': 'off',
      'no-console': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      'svelte/no-at-html-tags': 'error',
      'svelte/button-has-type': 'error',
      'svelte/prefer-svelte-reactivity': 'off',
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
  },
  { files: ['*.js', '*.config.ts', 'scripts/**', 'stories/**'], languageOptions: { globals: globals.node } },
  layer(['src/state/**', 'src/views/**', 'src/*.{ts,svelte}'], [tauri, platform]),
  layer(['src/components/**'], [tauri, platform, state]),
  layer(['src/fixtures/**', 'src/components/**/*.stories.svelte'], [tauri]),
  { files: ['src/main.ts', 'src/**/*.test.ts'], rules: { 'no-restricted-imports': 'off' } },
);
