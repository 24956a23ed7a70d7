import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [svelte()],
  define: { __DEMO__: 'true' },
  resolve: { conditions: ['browser'] },
  test: {
    include: ['src/**/*.test.ts'],
    environment: 'node',
    // Generous: the machine may be busy with a build.
    testTimeout: 60_000,
    // `cargo xtask test` reads there which tests failed.
    reporters: ['default', ['junit', { outputFile: '../target/ui-unit.xml' }]],
  },
});
