// A browser that is told over stdin what to do, one JSON object a line, and answers each the same way.
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const browser = await chromium.launch({
  executablePath: process.argv[2],
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const pages = new Map();
const patience = 150_000;

const does = {
  // A context for each page: two people do not share their cookies.
  async open({ page, url, dark }) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, colorScheme: dark ? 'dark' : 'light' });
    const opened = await context.newPage();
    opened.requests = [];
    opened.problems = [];
    opened.on('request', request => opened.requests.push(request.url()));
    opened.on('websocket', socket => opened.requests.push(socket.url()));
    opened.on('pageerror', error => opened.problems.push(String(error)));
    opened.on('console', line => { if (/Content Security Policy/.test(line.text())) { opened.problems.push(line.text()); } });
    pages.set(page, opened);
    await opened.goto(url);
  },
  goto: ({ page, url }) => pages.get(page).goto(url).then(() => null),
  reload: ({ page }) => pages.get(page).reload().then(() => null),
  evaluate: ({ page, script }) => pages.get(page).evaluate(script),
  // The page's policy forbids what waitForFunction does, and is not to be loosened for its test.
  async until({ page, script }) {
    const end = Date.now() + 120_000;
    while (!(await pages.get(page).evaluate(script))) {
      if (Date.now() > end) {
        throw new Error(`Not so within two minutes: ${script}`);
      }
      await new Promise(resolve => setTimeout(resolve, 50));
    }
  },
  press: ({ page, selector }) => pages.get(page).click(selector, { timeout: 60000 }),
  click: ({ page, x, y }) => pages.get(page).mouse.click(x, y),
  type: ({ page, text }) => pages.get(page).keyboard.type(text),
  shortcut: ({ page, keys }) => pages.get(page).keyboard.press(keys),
  picture: ({ page, path }) => pages.get(page).screenshot({ path }).then(() => null),
  requests: async ({ page }) => pages.get(page).requests,
  problems: async ({ page }) => pages.get(page).problems,
  close: ({ page }) => pages.get(page).context().close(),
};

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  let timer;
  try {
    // A script on a page may wait for what never comes.
    const late = new Promise((_, fail) => { timer = setTimeout(() => fail(new Error(`No end within ${patience} ms.`)), patience); });
    process.stdout.write(JSON.stringify({ value: await Promise.race([does[command.do](command), late]) ?? null }) + '\n');
  } catch (failure) {
    process.stdout.write(JSON.stringify({ error: String(failure?.stack ?? failure) }) + '\n');
  } finally {
    clearTimeout(timer);
  }
}

await browser.close();
