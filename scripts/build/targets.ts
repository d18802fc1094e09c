import { existsSync, globSync } from 'node:fs';
import { basename, join } from 'node:path';
import react from '@vitejs/plugin-react';
import type { InlineConfig, Plugin } from 'vite';
import { NONCE_PLACEHOLDER } from '../../main/protocol/nonce-placeholder.ts';

/** One bundle: what `vite build` is given. */
export type Target = { readonly name: string; readonly config: InlineConfig };

/** The oldest Chromium and Node in use: those of Electron 25, the fallback (DESIGN §9). */
const OLDEST_CHROMIUM = 'chrome114';
const OLDEST_MAIN_NODE = 'node18';
const ENGINE_NODE = 'node22';

/**
 * Each command compiles the engine anew, so its text is kept short and pure ASCII, which Node decodes at a fraction of the
 * time; names stay for stack traces.
 */
const ENGINE_MINIFY = { compress: true, mangle: false, codegen: { asciiOnly: true } } as const;

/**
 * Modules of Node as they are to be had without an import: an import reads every export, and some are made when they are read.
 * Those of `node:http` are a client of their own, which took a command that lists runs 20 of 150 ms (measured), those of the other
 * two took every command 4. Commander uses the last one only for subcommands that are programs.
 */
const UNREAD_MODULES: Readonly<Record<string, string>> = {
  'node:http': `const http = process.getBuiltinModule('node:http');
    export const { Agent, createServer, request } = http;
    export default http;`,
  'node:process': 'export default process;',
  'node:child_process': `export default { spawn: (...args) => process.getBuiltinModule('node:child_process').spawn(...args) };`,
};

const unreadModules: Plugin = {
  name: 'unread-modules',
  enforce: 'pre',
  resolveId: (source, importer) =>
    source === 'node:http' || (source in UNREAD_MODULES && importer?.includes('/node_modules/commander/'))
      ? `\0${source}`
      : undefined,
  load: (id) => UNREAD_MODULES[id.slice(1)],
};

/** The bundles: page, main, preload, and the engine with its workers and the command line, below `outDir`. */
export function targets(root: string, outDir: string): Target[] {
  return [
    { name: 'renderer', config: rendererConfig(root, outDir) },
    {
      name: 'main',
      config: nodeConfig(root, {
        outDir: join(outDir, 'main'),
        input: { index: 'main/index.ts' },
        format: 'cjs',
        target: OLDEST_MAIN_NODE,
        external: ['electron', 'keytar'],
      }),
    },
    {
      name: 'preload',
      config: nodeConfig(root, {
        outDir: join(outDir, 'preload'),
        input: { index: 'preload/index.ts' },
        format: 'cjs',
        target: OLDEST_CHROMIUM,
        external: ['electron'],
      }),
    },
    {
      name: 'boot',
      config: nodeConfig(root, {
        outDir: join(outDir, 'engine'),
        input: { boot: 'main/engine/boot.ts' },
        format: 'cjs',
        target: OLDEST_MAIN_NODE,
        // Stays an import: boot runs first, and decides whether the engine's code may be loaded at all.
        external: ['./process.js'],
      }),
    },
    {
      name: 'engine',
      config: nodeConfig(root, {
        outDir: join(outDir, 'engine'),
        input: engineEntries(root),
        format: 'es',
        target: ENGINE_NODE,
        minify: ENGINE_MINIFY,
        external: ['better-sqlite3', 'keytar'],
        plugins: [unreadModules],
      }),
    },
  ];
}

/**
 * The engine process, the command line and every `*-worker.ts` lie in one folder, so that
 * `new URL('./x-worker.js', import.meta.url)` finds a worker from whichever chunk the code ended up in.
 */
function engineEntries(root: string): Record<string, string> {
  const workers = globSync('main/engine/**/*-worker.ts', { cwd: root });
  const entries = ['main/engine/process.ts', 'main/cli/segue.ts', ...workers];
  return Object.fromEntries(
    entries.filter((file) => existsSync(join(root, file))).map((file) => [basename(file, '.ts'), file]),
  );
}

interface NodeBundle {
  readonly outDir: string;
  readonly input: Record<string, string>;
  readonly format: 'cjs' | 'es';
  readonly target: string;
  readonly external: string[];
  readonly minify?: typeof ENGINE_MINIFY;
  readonly plugins?: Plugin[];
}

function nodeConfig(
  root: string,
  { outDir, input, format, target, external, minify, plugins = [] }: NodeBundle,
): InlineConfig {
  const extension = format === 'cjs' ? 'cjs' : 'js';
  return {
    root,
    configFile: false,
    envDir: false,
    publicDir: false,
    logLevel: 'warn',
    plugins,
    ssr: { noExternal: true, external, target: 'node' },
    build: {
      ssr: true,
      outDir,
      emptyOutDir: false,
      target,
      minify: false,
      sourcemap: true,
      reportCompressedSize: false,
      rolldownOptions: {
        input,
        external,
        output: {
          format,
          minify: minify ?? false,
          entryFileNames: `[name].${extension}`,
          chunkFileNames: `[name]-[hash].${extension}`,
        },
      },
    },
  };
}

function rendererConfig(root: string, outDir: string): InlineConfig {
  return {
    root: join(root, 'renderer'),
    base: './',
    configFile: false,
    envDir: false,
    publicDir: false,
    logLevel: 'warn',
    plugins: [react()],
    html: { cspNonce: NONCE_PLACEHOLDER },
    build: {
      outDir: join(outDir, 'renderer'),
      emptyOutDir: true,
      target: OLDEST_CHROMIUM,
      minify: true,
      sourcemap: true,
      // An inlined asset would be a data: address, and the polyfill an inline script; the policy allows neither.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      chunkSizeWarningLimit: 4000,
    },
  };
}
