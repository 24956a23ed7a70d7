import type { Preview } from '@storybook/svelte-vite';
import { locales } from '../src/paraglide/runtime';
import { densities } from '../src/state/look.svelte';
import '../src/styles/layers.css';
import './preview.css';
import Frame from './Frame.svelte';

const toolbar = (
  title: string,
  icon: 'mirror' | 'contrast' | 'listunordered' | 'globe',
  items: readonly string[],
) => ({
  toolbar: { title, icon, items: [...items], dynamicTitle: true },
});

/** The same switches as the strip of `npm run dev`, in Storybook's toolbar. */
const preview: Preview = {
  globalTypes: {
    theme: toolbar('Theme', 'mirror', ['light', 'dark']),
    contrast: toolbar('Contrast', 'contrast', ['normal', 'more']),
    density: toolbar('Density', 'listunordered', densities),
    locale: toolbar('Language', 'globe', locales),
  },
  initialGlobals: { theme: 'light', contrast: 'normal', density: 'comfortable', locale: 'en' },
  decorators: [(_, { globals }) => ({ Component: Frame, props: globals })],
  parameters: {
    layout: 'padded',
    controls: { expanded: true },
    a11y: {
      test: 'error',
      // A component is no page: it stands in no landmark.
      config: { rules: [{ id: 'region', enabled: false }] },
    },
  },
};

export default preview;
