import { paraglideVitePlugin } from '@inlang/paraglide-js';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

// `vite build` makes what the app ships: it talks to Tauri and holds no fixture. `vite` and `vite build --mode demo` make
// the same UI on the demo platform, for an ordinary browser.
export default defineConfig(({ mode }) => ({
  define: { __DEMO__: JSON.stringify(mode !== 'production') },
  plugins: [
    paraglideVitePlugin({
      project: './project.inlang',
      outdir: './src/paraglide',
      strategy: ['localStorage', 'preferredLanguage', 'baseLocale'],
    }),
    svelte(),
  ],
  build: {
    outDir: mode === 'demo' ? '../target/ui-demo' : 'dist',
    emptyOutDir: true,
    target: ['safari16.4', 'chrome120'],
    // The content security policy allows no `data:`.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { host: 'localhost', port: 5173, strictPort: true },
}));
