import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import {
  attributeChoice,
  type Workflow,
  workflow,
  workflowFile,
} from '../../../preload/contract/workflow.ts';
import { SegueError } from '../core/errors.ts';
import { locate } from '../message/json-locate.ts';
import { checkJson, elementsAt, membersOf, objectAt, positionOf } from '../message/json-text.ts';
import { pointerStep } from '../message/problem.ts';
import { writeWhole } from '../output/whole-file.ts';
import { didYouMean } from './did-you-mean.ts';
import type { WorkflowDraft } from './store.ts';
import { stepUp } from './versions.ts';

const MAX_FILE_BYTES = 16 * 1024 * 1024;
/** In a file an attribute's unknown key is refused as well, so that a typo is not lost. */
const strictFile = workflowFile.extend({ attributes: z.array(attributeChoice.strict()).default([]) });
const WORKFLOW_KEYS = Object.keys(workflow.shape);
const ATTRIBUTE_KEYS = Object.keys(attributeChoice.shape);

type Path = readonly (string | number)[];

/**
 * Reads a workflow file: one object or an array of them.
 *
 * @throws FILE_NOT_FOUND, FILE_UNREADABLE; FILE_FORMAT with line and column when it is not JSON; WORKFLOW_INVALID with
 * line, column and JSON pointer for an unknown key, a broken value or a newer version
 */
export function readWorkflowFile(path: string): WorkflowDraft[] {
  return parseWorkflowFile(readText(path), path);
}

/** {@link readWorkflowFile} for a text; `name` stands for the file in errors. */
export function parseWorkflowFile(text: string, name: string): WorkflowDraft[] {
  const { start } = grammar(text, name);
  const value: unknown = JSON.parse(text);
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0)
    throw new SegueError('WORKFLOW_INVALID', `${name} holds no workflow.`, { file: name });
  const places: Path[] = Array.isArray(value) ? elementsAt(text, start).map((_, n) => [n]) : [[]];
  const drafts = list.map((item, n) => readOne({ text, name, at: places[n] ?? [] }, item));
  const seen = new Map<string, number>();
  for (const [n, draft] of drafts.entries()) {
    if (seen.has(draft.name)) {
      const where = { text, name, at: places[n] ?? [] };
      throw invalid(where, ['name'], `two workflows of the file are named "${draft.name}"`);
    }
    seen.set(draft.name, n);
  }
  return drafts;
}

interface Where {
  readonly text: string;
  readonly name: string;
  /** The path of the workflow in the file. */
  readonly at: Path;
}

function grammar(text: string, name: string): { start: number } {
  try {
    return checkJson(text);
  } catch (error) {
    if (!(error instanceof SegueError)) throw error;
    throw new SegueError('FILE_FORMAT', `${name}: ${error.message}`, { file: name, ...error.detail });
  }
}

function readOne(where: Where, value: unknown): WorkflowDraft {
  if (!isRecord(value)) throw invalid(where, [], 'a workflow is a JSON object');
  refuseUnknownKeys(where, [], WORKFLOW_KEYS);
  const attributes: unknown = value.attributes;
  if (Array.isArray(attributes)) {
    for (const n of attributes.keys()) refuseUnknownKeys(where, ['attributes', n], ATTRIBUTE_KEYS);
  }
  const result = strictFile.safeParse(stepUp(value, where.name));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = (issue?.path ?? []).map((step) => (typeof step === 'number' ? step : String(step)));
  throw invalid(where, path, issue?.message ?? 'not a workflow', result.error.issues.length - 1);
}

/** Looks at the text, not at the parsed value: there `__proto__` is a key like any other. */
function refuseUnknownKeys(where: Where, path: Path, known: readonly string[]): void {
  const open = locate(where.text, [...where.at, ...path], 'value');
  if (open === undefined || where.text.charAt(open) !== '{') return;
  const stranger = membersOf(objectAt(where.text, open)).find(({ key }) => !known.includes(key));
  if (stranger === undefined) return;
  const hint = didYouMean(stranger.key, known) || ` Known keys: ${known.join(', ')}.`;
  throw invalid(
    where,
    [...path, stranger.key],
    `the key "${stranger.key.slice(0, 60)}" is not known.${hint}`,
  );
}

function invalid({ text, name, at }: Where, path: Path, reason: string, more = 0): SegueError {
  const whole = [...at, ...path];
  const { line, column } = positionOf(text, placeOf(text, whole));
  const pointer = whole.map(pointerStep).join('');
  const dot = /[.?]$/.test(reason) ? '' : '.';
  const others = more > 0 ? ` ${more} more.` : '';
  return new SegueError(
    'WORKFLOW_INVALID',
    `${name}, line ${line}, column ${column}${pointer === '' ? '' : ` (${pointer})`}: ${reason}${dot}${others}`,
    { file: name, line, column, path: pointer },
  );
}

/** Where a path leads to; a member that is missing is shown at what should hold it. */
function placeOf(text: string, path: Path): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const offset = locate(text, path.slice(0, length), 'key');
    if (offset !== undefined) return offset;
  }
  return 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readText(path: string): string {
  try {
    const { size } = statSync(path);
    if (size > MAX_FILE_BYTES) {
      throw new SegueError(
        'FILE_FORMAT',
        `${path} has ${size} bytes; a workflow file has at most ${MAX_FILE_BYTES}.`,
        {
          file: path,
        },
      );
    }
    const text = readFileSync(path, 'utf8');
    return text.startsWith('\ufeff') ? text.slice(1) : text;
  } catch (error) {
    throw readFault(error, path);
  }
}

/**
 * Writes a workflow file: wholly, or not at all.
 *
 * @throws as {@link writeWhole}
 */
export function writeWorkflowFile(path: string, stored: Workflow): Promise<void> {
  return writeWhole(path, (write) => write(`${JSON.stringify(stored, null, 2)}\n`));
}

function readFault(error: unknown, path: string): unknown {
  if (error instanceof SegueError || !(error instanceof Error)) return error;
  const reason = 'code' in error ? String(error.code) : error.message;
  if (reason === 'ENOENT' || reason === 'ENOTDIR')
    return new SegueError(
      'FILE_NOT_FOUND',
      `There is no file ${path}. Check the path.`,
      { file: path },
      error,
    );
  const what = `${path} cannot be read (${reason}). Check that it is a file and its permissions.`;
  return new SegueError('FILE_UNREADABLE', what, { file: path, reason }, error);
}
