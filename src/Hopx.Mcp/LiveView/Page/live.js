// The live view: shows the desktop, and lets a person take mouse and keyboard. Whether input is heard is decided in the sandbox, not here.
import RFB from './novnc/core/rfb.js';

const storageKey = 'hopx-live-session';
const lookEvery = 2000;
const firstPause = 500;
const longestPause = 8000;
const toastTime = 8000;
const renewBefore = 120000;
const activeFor = 60000;

const element = id => document.getElementById(id);

let session = null;
let rfb = null;
let access = null;
let isConnected = false;
let ticket = '';
let pause = firstPause;
let control = null;
let lastInput = 0;
let isOver = false;
let isBusy = false;
let lookTimer = 0;
let reconnectTimer = 0;

class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function call(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      credentials: 'same-origin',
      headers: body ? { 'Content-Type': 'application/json' } : {},
      body: body ? JSON.stringify(body) : undefined,
    });
  } catch {
    throw new Refused(0, 'The server does not answer.');
  }

  const answer = response.status === 204 ? null : await response.json().catch(() => null);
  if (!response.ok) {
    throw new Refused(response.status, answer?.error ?? `The server answered with status ${response.status}.`);
  }

  return answer;
}

const at = path => `sessions/${encodeURIComponent(session.session)}${path}`;

// The ticket leaves the address before anything else happens: it must not end up in the history or in a bookmark.
function takeTicket() {
  if (location.hash.length > 1) {
    ticket = location.hash.slice(1);
    history.replaceState(null, '', location.pathname);
  }
}

async function redeem() {
  try {
    session = await call('POST', 'session', { ticket });
    ticket = '';
  } catch (refused) {
    // Without an answer it may still be good.
    ticket = refused.status ? '' : ticket;
    throw refused;
  }

  sessionStorage.setItem(storageKey, session.session);
}

async function open() {
  takeTicket();
  if (ticket) {
    close();
    await redeem();
  } else {
    const id = sessionStorage.getItem(storageKey);
    if (!id) {
      throw new Refused(401, 'Open this page with a link that the agent gives you.');
    }

    session = { session: id };
    session = await call('GET', at(''));
    control = session.control;
  }

  element('sandbox').textContent = session.sandbox_id;
  document.title = `Live desktop ${session.sandbox_id}`;
  if (session.reason) {
    element('reason-text').textContent = session.reason;
    element('reason').hidden = false;
  }
}

function close() {
  clearTimeout(lookTimer);
  clearTimeout(reconnectTimer);
  disconnect();
  control = null;
  isOver = false;
  element('reason').hidden = true;
  hideMessage();
}

function disconnect() {
  const old = rfb;
  rfb = null;
  isConnected = false;
  old?.disconnect();
}

function connect(wanted) {
  disconnect();
  clearTimeout(reconnectTimer);
  access = wanted;
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
  const base = location.pathname.replace(/[^/]*$/, '');
  const view = new RFB(element('screen'), `${scheme}//${location.host}${base}${at('/stream')}?access=${wanted}`, { shared: true, wsProtocols: ['binary'] });
  rfb = view;
  view.viewOnly = wanted !== 'control';
  view.scaleViewport = true;
  view.showDotCursor = wanted === 'control';
  view.background = 'transparent';
  view.addEventListener('connect', () => {
    if (view === rfb) {
      isConnected = true;
      pause = firstPause;
      hideMessage();
      if (wanted === 'control') {
        view.focus();
      }

      show();
    }
  });
  view.addEventListener('disconnect', () => {
    if (view === rfb) {
      rfb = null;
      isConnected = false;
      show();
      reconnect();
    }
  });
  show();
}

// Looks first: a view that is over is not tried again.
function reconnect() {
  reconnectTimer = setTimeout(async () => {
    await look();
    if (!isOver && !rfb) {
      connect(control?.mine ? 'control' : 'view');
    }
  }, pause);
  pause = Math.min(pause * 2, longestPause);
}

async function look() {
  clearTimeout(lookTimer);
  try {
    const facts = await call('GET', at(''));
    control = facts.control;
    await keepControl();
    if (rfb && access !== (control.mine ? 'control' : 'view')) {
      if (access === 'control') {
        toast(control.taken ? 'Somebody else has control now.' : 'Your control is over; the agent has mouse and keyboard again.');
      }

      connect(control.mine ? 'control' : 'view');
    }
  } catch (refused) {
    explain(refused);
  }

  if (!isOver) {
    show();
    lookTimer = setTimeout(look, lookEvery);
  }
}

// Whoever is at work is not cut off by the clock.
async function keepControl() {
  const now = Date.now();
  if (control.mine && Date.parse(control.expires_at) - now < renewBefore && now - lastInput < activeFor) {
    control = await call('POST', at('/renew'), {});
  }
}

function explain(refused) {
  if (refused.status === 401 || refused.status === 403) {
    end('This view is over', refused.message);
  } else if (refused.status === 404 || refused.status === 410) {
    end('The sandbox is gone', 'It expired or was deleted, and its desktop with it.');
  } else {
    message('The desktop does not answer', `${refused.message} Trying again…`);
  }
}

function end(title, text) {
  isOver = true;
  sessionStorage.removeItem(storageKey);
  disconnect();
  message(title, text);
  show();
}

function message(title, text) {
  element('message-title').textContent = title;
  element('message-text').textContent = text;
  element('message').hidden = false;
}

function hideMessage() {
  element('message').hidden = true;
}

let toastTimer = 0;

function toast(text) {
  element('toast').textContent = text;
  element('toast').hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { element('toast').hidden = true; }, toastTime);
}

function left() {
  const seconds = Math.max(0, Math.round((Date.parse(control.expires_at) - Date.now()) / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

function describe() {
  if (isOver) {
    return ['over', 'Not connected'];
  }

  if (!isConnected) {
    return ['connecting', 'Connecting…'];
  }

  if (access === 'control') {
    return ['control', 'You have control'];
  }

  return control?.taken && !control.mine ? ['other', `${control.holder} has control`] : ['view', 'View only; the agent has control'];
}

function show() {
  const [state, text] = describe();
  document.body.dataset.state = state;
  // Told to screen readers when it changes, and not at each second of the time that is left.
  if (element('state').dataset.text !== text) {
    element('state').dataset.text = text;
    element('state').textContent = text;
  }

  const isMine = state === 'control';
  element('state').title = isMine && control?.mine ? `${left()} left; longer while you are at work` : '';
  element('release').hidden = !isMine;
  element('take').hidden = isMine || isOver || !session?.can_control;
  element('take').disabled = isBusy || state !== 'view';
  element('release').disabled = isBusy;
}

async function press(work) {
  isBusy = true;
  show();
  try {
    await work();
  } catch (refused) {
    toast(refused.message);
  } finally {
    isBusy = false;
    show();
  }
}

element('take').addEventListener('click', () => press(async () => {
  control = await call('POST', at('/take'), {});
  lastInput = Date.now();
  connect('control');
}));

element('release').addEventListener('click', () => press(async () => {
  // Once the stream is closed nothing more of this page can reach the desktop.
  disconnect();
  const answer = await call('POST', at('/release'), {});
  control = { taken: false, mine: false };
  element('reason').hidden = true;
  connect('view');
  toast(`Control is the agent's again. It is told: ${answer.summary}`);
}));

for (const kind of ['pointerdown', 'keydown', 'wheel']) {
  element('screen').addEventListener(kind, () => { lastInput = Date.now(); }, { capture: true, passive: true });
}

async function start() {
  try {
    await open();
  } catch (refused) {
    explain(refused);
    if (!isOver) {
      reconnectTimer = setTimeout(start, pause);
      pause = Math.min(pause * 2, longestPause);
    }

    return;
  }

  connect(control?.mine ? 'control' : 'view');
  await look();
}

// Another link that is opened in this tab changes only the fragment.
addEventListener('hashchange', () => { if (location.hash.length > 1) { start(); } });
start();
