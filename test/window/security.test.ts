import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchSegue, type RunningSegue, untilEngine } from './launch.ts';

describe('the page', () => {
  let segue: RunningSegue;
  beforeAll(async () => {
    segue = await launchSegue({ keychain: false });
    await untilEngine(segue.page, 'running');
  });
  afterAll(() => segue?.close());

  it('is sandboxed and isolated', async () => {
    const found = await segue.page.evaluate(() =>
      ['require', 'process', 'module', 'Buffer', 'global', 'ipcRenderer', 'electron'].filter(
        (name) => name in globalThis,
      ),
    );
    expect(found).toEqual([]);
    const preferences = await segue.app.evaluate(({ BrowserWindow }) => {
      const [window] = BrowserWindow.getAllWindows();
      // Not in Electron's types; the only way to read back what the page was really given.
      const contents = window?.webContents as unknown as { getLastWebPreferences(): Record<string, unknown> };
      return contents.getLastWebPreferences();
    });
    expect(preferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
    });
  });

  it('has a bridge that gives out no channel and cannot be changed', async () => {
    const answer = await segue.page.evaluate(() => {
      const bridge = window.segue as unknown as Record<string, unknown>;
      try {
        bridge.on = null;
        bridge.run = null;
      } catch {
        // Refused loudly, which is as good.
      }
      return {
        names: Object.keys(bridge).sort(),
        on: typeof window.segue.on,
        start: typeof window.segue.run.start,
      };
    });
    expect(answer).toMatchObject({ on: 'function', start: 'function' });
    expect(answer.names).not.toContain('invoke');
    expect(answer.names).not.toContain('send');
  });

  it('is served with the policy, a fresh nonce each time and no sniffing', async () => {
    const policies: string[] = [];
    for (let n = 0; n < 2; n++) {
      const response = await segue.page.goto('app://segue/index.html');
      const headers = response?.headers() ?? {};
      policies.push(headers['content-security-policy'] ?? '');
      expect(headers['x-content-type-options']).toBe('nosniff');
    }
    expect(policies[0]).toContain("default-src 'none'");
    expect(policies[0]).not.toBe(policies[1]);
    await untilEngine(segue.page, 'running');
    expect(await segue.page.content()).not.toContain('__SEGUE_CSP_NONCE__');
  });

  it('runs neither inline script, evaluated text nor a frame', async () => {
    const ran = await segue.page.evaluate(async () => {
      const violated: string[] = [];
      const refused: string[] = [];
      document.addEventListener('securitypolicyviolation', (event) =>
        violated.push(event.effectiveDirective),
      );
      const attempt = (change: () => void) => {
        try {
          change();
        } catch (error) {
          refused.push(error instanceof Error ? error.name : 'unknown');
        }
      };
      const inline = document.createElement('script');
      attempt(() => {
        inline.textContent = 'globalThis.ranInline = true';
      });
      document.body.append(inline);
      const foreign = document.createElement('script');
      attempt(() => {
        foreign.src = 'https://example.com/x.js';
      });
      document.body.append(foreign);
      const handler = document.createElement('img');
      attempt(() => handler.setAttribute('onerror', 'globalThis.ranHandler = true'));
      document.body.append(handler);
      const frame = document.createElement('iframe');
      frame.src = 'https://example.com/';
      // The browser reports a frame from another process: in its own time.
      const frameRefused = new Promise<void>((resolve) => {
        document.addEventListener('securitypolicyviolation', (event) => {
          if (event.effectiveDirective === 'frame-src') resolve();
        });
      });
      document.body.append(frame);
      const style = document.createElement('style');
      style.textContent = 'body { outline: 7px solid red }';
      document.head.append(style);
      // Later, because a debugger's own evaluation is exempt from the policy while it lasts.
      await new Promise((resolve) => setTimeout(resolve));
      attempt(() => void new Function('globalThis.ranFunction = true')());
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      await frameRefused;
      for (const added of [inline, foreign, handler, frame, style]) added.remove();
      return {
        ran: ['ranInline', 'ranHandler', 'ranFunction'].filter((name) => name in globalThis),
        refused,
        outline: getComputedStyle(document.body).outlineWidth,
        violated: [...new Set(violated)].sort(),
      };
    });
    expect(ran.ran).toEqual([]);
    expect(ran.refused).toHaveLength(4);
    expect(ran.outline).not.toBe('7px');
    expect(ran.violated).toEqual(
      expect.arrayContaining(['frame-src', 'require-trusted-types-for', 'style-src-elem']),
    );
  });

  it('has no network of its own', async () => {
    const reached = await segue.page.evaluate(() =>
      Promise.all(
        ['https://example.com/', 'http://127.0.0.1:1/', 'file:///etc/passwd', 'app://segue/index.html'].map(
          (url) =>
            fetch(url).then(
              () => url,
              () => null,
            ),
        ),
      ),
    );
    expect(reached).toEqual([null, null, null, null]);
  });

  it('opens no window and goes nowhere else', async () => {
    const opened = await segue.page.evaluate(() => window.open('https://example.com/') === null);
    expect(opened).toBe(true);
    for (const target of ['https://example.com/', 'file:///etc/passwd', 'app://other/', 'data:text/html,x']) {
      await segue.page.evaluate((url) => {
        location.href = url;
      }, target);
    }
    await segue.page.evaluate(() => window.segue.app.info({}));
    expect(segue.page.url()).toBe('app://segue/index.html');
    expect(segue.app.windows()).toHaveLength(1);
  });

  it('reads no file outside its folder over app://', async () => {
    const statuses = await segue.app.evaluate(async ({ net }) => {
      const answers: number[] = [];
      for (const path of [
        '..%2fmain%2findex.cjs',
        '%2e%2e%2fpackage.json',
        '..%5cmain%5cindex.cjs',
        'index.html',
      ]) {
        answers.push((await net.fetch(`app://segue/${path}`)).status);
      }
      return answers;
    });
    expect(statuses).toEqual([404, 404, 404, 200]);
  });

  it('is granted no permission', async () => {
    const states = await segue.page.evaluate(async () => {
      const asked = await Promise.all(
        (['geolocation', 'notifications', 'camera', 'microphone'] as PermissionName[]).map((name) =>
          navigator.permissions.query({ name }).then(({ state }) => state),
        ),
      );
      const granted = await Notification.requestPermission();
      return [...asked, granted];
    });
    expect(states).not.toContain('granted');
  });

  it('opens only allowed links in the browser', async () => {
    const answers = await segue.page.evaluate(() =>
      Promise.all(
        [
          'http://docs.aws.amazon.com/',
          'https://example.com/',
          'file:///etc/passwd',
          'javascript:alert(1)',
        ].map((url) => window.segue.app.openExternal({ url })),
      ),
    );
    for (const answer of answers)
      expect(answer).toMatchObject({ ok: false, error: { code: 'INVALID_INPUT' } });
  });

  it('is refused when it is not our page that asks', async () => {
    // Another window with the same preload script, showing what is not ours: it has the bridge, and is refused.
    const answer = await segue.app.evaluate(async ({ app, BrowserWindow }) => {
      const preload = `${app.getAppPath()}/out/preload/index.cjs`;
      const other = new BrowserWindow({ show: false, webPreferences: { preload, sandbox: true } });
      await other.loadURL('app://segue/index.html');
      const answered: unknown = await other.webContents.executeJavaScript(
        'window.segue.authorization.list({})',
      );
      other.destroy();
      return answered;
    });
    expect(answer).toMatchObject({ ok: false, error: { code: 'SENDER_REFUSED' } });
  });
});
