import { relative } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkExternalUrl } from '../../main/guards/external-links.ts';
import { assetPath } from '../../main/protocol/asset-path.ts';
import { contentSecurityPolicy } from '../../main/protocol/content-security-policy.ts';

const root = '/srv/segue/out/renderer';

describe('files of app://segue', () => {
  it('are those of the page’s folder', () => {
    expect(assetPath(root, 'app://segue/')).toBe(`${root}/index.html`);
    expect(assetPath(root, 'app://segue/assets/a%20b.js?x=1#y')).toBe(`${root}/assets/a b.js`);
  });

  it.each([
    'app://segue/../main/index.cjs',
    'app://segue/%2e%2e/main/index.cjs',
    'app://segue/..%2fmain%2findex.cjs',
    'app://segue/assets/..%2f..%2f..%2fmain/index.cjs',
    'app://segue/..%5cmain%5cindex.cjs',
    'app://segue/%00/etc/passwd',
    'app://segue/%zz',
    'app://segue//etc/passwd%00.js',
    'app://other/index.html',
    'app://segue.example/index.html',
    'app://user:pass@segue/index.html',
    'file:///etc/passwd',
    'https://segue/index.html',
    'not an address',
  ])('are never reached by %s', (address) => {
    const file = assetPath(root, address);
    // A URL parser folds some of these back into the folder; leaving it is what must not happen.
    expect(file === null || file.startsWith(`${root}/`)).toBe(true);
    if (/%2f|%5c|%00|%zz|other|example|@|file:|https:|not an/i.test(address)) expect(file).toBeNull();
  });

  it('stay inside the folder for any path', () => {
    const piece = fc.oneof(
      fc.constantFrom('..', '.', '/', '//', '%2e', '%2f', '%5c', '%252e', '\\'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const file = assetPath(root, `app://segue/${pieces.join('')}`);
        if (file !== null) expect(relative(root, file)).not.toMatch(/^\.\.(\/|$)/);
      }),
    );
  });
});

describe('links to outside', () => {
  it('open at the hosts that Segue refers to', () => {
    expect(checkExternalUrl('https://docs.aws.amazon.com/AWSSimpleQueueService/')).toBe(
      'https://docs.aws.amazon.com/AWSSimpleQueueService/',
    );
    expect(checkExternalUrl('https://us-east-2.console.aws.amazon.com/sqs/v3/home')).toContain('us-east-2');
  });

  it.each([
    'http://docs.aws.amazon.com/',
    'https://docs.aws.amazon.com.example.com/',
    'https://evildocs.aws.amazon.com.evil/',
    'https://example.com/?x=https://docs.aws.amazon.com/',
    'https://docs.aws.amazon.com@example.com/',
    'https://user:secret@docs.aws.amazon.com/',
    'https://docs.aws.amazon.com:8443/',
    'https://notlytics-docs.lytics.com.evil/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'vbscript:x',
    'smb://docs.aws.amazon.com/share',
    '\\\\docs.aws.amazon.com\\share',
    '',
  ])('stay closed for %s', (address) => {
    expect(() => checkExternalUrl(address)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
  });
});

describe('the content security policy', () => {
  const directives = new Map(
    contentSecurityPolicy('abc')
      .split('; ')
      .map((directive) => {
        const [name = '', ...sources] = directive.split(' ');
        return [name, sources] as const;
      }),
  );

  it('starts from nothing and has no unsafe source, no wildcard and no network', () => {
    expect(directives.get('default-src')).toEqual(["'none'"]);
    expect(directives.get('connect-src')).toEqual(["'none'"]);
    expect(directives.get('script-src')).toEqual(["'self'"]);
    expect([...directives.values()].flat().join(' ')).not.toMatch(/unsafe|\*|https?:/);
  });

  it('covers what default-src does not', () => {
    for (const name of ['base-uri', 'form-action', 'frame-ancestors']) {
      expect(directives.get(name), name).toEqual(["'none'"]);
    }
  });
});
