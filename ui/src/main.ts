import { mount } from 'svelte';
import App from './App.svelte';
import { connect } from './platform';
import './styles/layers.css';
import { applyLocale } from './text/locale';
import { Stores } from './state/stores.svelte';

const platform = await connect();
applyLocale();
const stores = new Stores(platform);
mount(App, { target: document.getElementById('app') ?? document.body, props: { stores } });
await stores.start();
if (__DEMO__) (await import('./platform/demo/place.svelte')).followPlace(stores);
