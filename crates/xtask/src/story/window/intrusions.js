// What somebody would try whose script runs in Sotto's page. Run by WebDriver in the real window, with an address outside
// that sees who comes; answers the names of what went well. What only sends, and is not told how it went, is seen there.
const [outside, done] = arguments;
const page = document.createElement('div');
document.body.append(page);

const add = (kind, attributes) => page.append(Object.assign(document.createElement(kind), attributes));
const at = (name) => `${outside}/${name}`;
const resolves = (promise) => promise.then(() => true);
const comesTrue = (look) => new Promise((tell) => setTimeout(() => tell(look()), 300));
const runsInline = () => {
  add('script', { textContent: 'window.intruded = true' });
  return comesTrue(() => window.intruded === true);
};
const handlesInline = () => {
  page.insertAdjacentHTML('beforeend', '<img src="data:," onerror="window.handled = true">');
  return comesTrue(() => window.handled === true);
};
const works = (source) =>
  new Promise((tell, fail) => {
    const worker = new Worker(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));
    worker.onmessage = () => tell(true);
    worker.onerror = fail;
  });

const attempts = {
  'an inline script': runsInline,
  'an inline handler': handlesInline,
  'eval': () => (0, eval)('true'),
  'new Function': () => new Function('return true')(),
  'a worker made of text': () => works('postMessage(1)'),
  'fetch': () => resolves(fetch(at('fetch'), { mode: 'no-cors' })),
  'a form': () => {
    add('form', { action: at('form'), method: 'post' });
    page.lastChild.submit();
  },
  'a request of the old kind': () =>
    new Promise((tell, fail) => {
      const request = new XMLHttpRequest();
      request.onload = () => tell(true);
      request.onerror = fail;
      request.open('GET', at('xhr'));
      request.send();
    }),
  'a web socket': () => {
    new WebSocket(at('socket').replace('http', 'ws'));
  },
  'an event source': () => {
    new EventSource(at('events'));
  },
  'a beacon': () => {
    navigator.sendBeacon(at('beacon'), 'x');
  },
  'a picture': () => add('img', { src: at('picture') }),
  'a script from elsewhere': () => add('script', { src: at('script') }),
  'a module from elsewhere': () => resolves(import(at('module'))),
  'a style sheet': () => add('link', { rel: 'stylesheet', href: at('sheet') }),
  'an inline style': () => page.setAttribute('style', `background: url(${at('style')})`),
  'a frame': () => add('iframe', { src: at('frame') }),
  'an object': () => add('object', { data: at('object') }),
  'a sound': () => add('audio', { src: at('sound'), preload: 'auto' }),
  'a font': () => resolves(new FontFace('outside', `url(${at('font')})`).load()),
  'a second window': () => window.open(at('window')) !== null,
  'a program for an address': () => resolves(invoke('plugin:opener|open_url', { url: at('program'), with: 'sh' })),
  'an address that is no page': () => resolves(invoke('plugin:opener|open_url', { url: 'ssh://somebody@example.org' })),
  'an option for the opener': () => resolves(invoke('plugin:opener|open_url', { url: '--version' })),
};

// Commands of Tauri and of plugins: none of them is the page's to call.
const commands = {
  'plugin:fs|read_text_file': { path: '/etc/hostname' },
  'plugin:shell|execute': { program: 'sh', args: ['-c', 'true'], options: {}, onEvent: null },
  'plugin:process|exit': { code: 0 },
  'plugin:opener|open_path': { path: '/etc/hostname' },
  'plugin:opener|open_url': { url: 'file:///etc/hostname' },
  'plugin:opener|reveal_item_in_dir': { paths: ['/etc/hostname'] },
  'plugin:webview|create_webview_window': { options: { label: 'second', url: at('webview') } },
  'plugin:webview|internal_toggle_devtools': {},
  'plugin:window|close': { label: 'main' },
  'plugin:window|set_title': { label: 'main', value: 'Not Sotto' },
  'plugin:event|emit': { event: 'sotto', payload: { kind: 'resync' } },
  'plugin:path|resolve_directory': { directory: 21 },
  'plugin:app|version': {},
  'plugin:notification|notify': { options: { title: 'Not Sotto' } },
  'plugin:deep-link|register': { protocol: 'https' },
  'plugin:window-state|save_window_state': { flags: 0 },
  'plugin:resources|close': { rid: 0 },
  'no_such_command': {},
};
const invoke = (name, args) => window.__TAURI_INTERNALS__.invoke(name, args);

const patience = (name) => new Promise((tell) => setTimeout(() => tell(name.startsWith('plugin:')), 5000));
const goesWell = async (name, attempt) => {
  try {
    return (await Promise.race([attempt(), patience(name)])) === true;
  } catch {
    return false;
  }
};

(async () => {
  const well = [];
  for (const [name, attempt] of Object.entries(attempts)) if (await goesWell(name, attempt)) well.push(name);
  for (const [name, args] of Object.entries(commands)) {
    if (await goesWell(name, () => resolves(invoke(name, args)))) well.push(name);
  }
  // Proof that a command which is the page's to call would have gone well.
  if (!(await goesWell('app_state', () => resolves(invoke('app_state'))))) well.push('nothing: not even app_state');
  page.remove();
  done({ tried: Object.keys(attempts).length + Object.keys(commands).length, well });
})();
