import { type ImportResult, inputFormat, type RejectedLine } from '../../preload/contract/profile.ts';
import { api } from '../bridge.ts';
import { byteSize, completeInstant, count, duration } from '../ui/format.ts';

export type ImportKind = 'profiles' | 'events' | 'snapshot' | 'audiences' | 'archive';

/** What an import dialog holds; which of the fields are shown depends on the kind. */
export interface ImportForm {
  readonly path: string;
  readonly format: string;
  readonly key: string;
  readonly at: string;
  readonly replace: boolean;
  readonly partial: boolean;
  readonly dryRun: boolean;
  readonly strict: boolean;
}

export const emptyImport: ImportForm = {
  path: '',
  format: '',
  key: '',
  at: '',
  replace: false,
  partial: false,
  dryRun: false,
  strict: false,
};

/** Title, explanation and file name endings of each kind. */
export const importKinds: Record<ImportKind, { title: string; about: string; extensions: string[] }> = {
  profiles: {
    title: 'Import profiles',
    about:
      'NDJSON, a JSON array or CSV with a header, plain, .gz or .zst. Fields are merged into known profiles.',
    extensions: ['ndjson', 'jsonl', 'json', 'csv', 'gz', 'zst'],
  },
  events: {
    title: 'Import data events',
    about:
      'NDJSON of user_id, ts and fields, plain, .gz or .zst. Each event is merged into its profile as of its own time.',
    extensions: ['ndjson', 'jsonl', 'gz', 'zst'],
  },
  snapshot: {
    title: 'Import membership snapshot',
    about:
      'CSV with user and segment, NDJSON, or profiles with segments. The difference to the store becomes changes.',
    extensions: ['csv', 'ndjson', 'jsonl', 'json', 'gz', 'zst'],
  },
  audiences: {
    title: 'Import audiences',
    about: 'A JSON list of id, slug, name and, for a rule audience, filter.',
    extensions: ['json'],
  },
  archive: {
    title: 'Import archived messages',
    about: 'Trigger messages as Lytics sent them, one JSON document a line.',
    extensions: ['ndjson', 'jsonl', 'json', 'gz', 'zst'],
  },
};

/** What is missing before an import can start; null when nothing is. */
export function importProblem(kind: ImportKind, form: ImportForm): string | null {
  if (form.path === '') return 'No file chosen';
  if (kind === 'snapshot' && completeInstant(form.at) === null)
    return 'A snapshot needs the time it was taken';
  if (kind === 'profiles' && form.at.trim() !== '' && completeInstant(form.at) === null)
    return 'The time is not complete';
  return null;
}

/** The outcome of an import: its figures, the batch that can be undone, and where rejected lines are listed. */
export interface ImportSummary {
  readonly title: string;
  readonly figures: readonly (readonly [string, string])[];
  readonly notes: readonly string[];
  readonly batch: number | null;
  readonly rejectFile: string | null;
  readonly firstRejects: readonly RejectedLine[];
}

function summaryOf(result: ImportResult): ImportSummary {
  const { profiles, changes, bytes, seconds, audiencesCreated } = result;
  const perSecond = seconds > 0 ? `, ${count(Math.round(profiles.read / seconds))} rows per second` : '';
  return {
    title: result.dryRun ? 'Dry run: nothing was stored' : 'Import done',
    figures: [
      ['Read', count(profiles.read)],
      ['Created', count(profiles.created)],
      ['Updated', count(profiles.updated)],
      ['Unchanged', count(profiles.unchanged)],
      ['Duplicates', count(profiles.duplicates)],
      ['Entered', count(changes.entered)],
      ['Exited', count(changes.exited)],
      ['Fields changed', count(changes.changed)],
      ['Rejected', count(result.rejected)],
    ],
    notes: [
      `${byteSize(bytes)} in ${duration(seconds)}${perSecond}`,
      ...(audiencesCreated.length > 0 ? [`Audiences created: ${audiencesCreated.join(', ')}`] : []),
    ],
    batch: result.dryRun ? null : result.batch,
    rejectFile: result.rejectFile,
    firstRejects: result.firstRejects,
  };
}

/** Runs an import of any kind as the job `jobId`. */
export async function runImport(kind: ImportKind, form: ImportForm, jobId: string): Promise<ImportSummary> {
  const { path, strict } = form;
  const at = completeInstant(form.at);
  const format = inputFormat.safeParse(form.format);
  const key = form.key.trim();
  const shared = {
    path,
    strict,
    jobId,
    ...(format.success ? { format: format.data } : {}),
    ...(key === '' ? {} : { key }),
  };
  switch (kind) {
    case 'profiles':
      return summaryOf(
        await api.profile.import({ ...shared, replace: form.replace, ...(at === null ? {} : { at }) }),
      );
    case 'events':
      return summaryOf(await api.profile.import({ path, strict, jobId, format: 'events' }));
    case 'snapshot':
      return summaryOf(
        await api.snapshot.import({ ...shared, at: at ?? '', partial: form.partial, dryRun: form.dryRun }),
      );
    case 'archive':
      return summaryOf(await api.history.import({ path, strict, jobId }));
    case 'audiences': {
      const result = await api.audience.import({ path });
      return {
        title: 'Import done',
        figures: [
          ['Created', count(result.created)],
          ['Updated', count(result.updated)],
          ['Unchanged', count(result.unchanged)],
          ['Entered', count(result.entered)],
          ['Exited', count(result.exited)],
        ],
        notes: result.warnings.map(({ audience, message }) => `${audience}: ${message}`),
        batch: null,
        rejectFile: null,
        firstRejects: [],
      };
    }
  }
}
