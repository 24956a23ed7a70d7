import { MediaQuery } from 'svelte/reactivity';

/** Whether the window shows one pane at a time. The styles say the same width. */
export const narrow = new MediaQuery('max-width: 720px');
