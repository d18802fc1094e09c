import { CircleAlert, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { describeError } from '../bridge.ts';

interface NoticeProps {
  tone?: 'info' | 'warning' | 'error';
  title?: string;
  children?: ReactNode;
}

const icons = { info: Info, warning: TriangleAlert, error: CircleAlert };

/** A statement beside the thing it is about, with an icon and words so that colour is never alone. */
export function Notice({ tone = 'info', title, children }: NoticeProps) {
  const Icon = icons[tone];
  return (
    <div className={`notice ${tone}`} role={tone === 'error' ? 'alert' : 'note'}>
      <Icon aria-hidden size={16} />
      <div>
        {title ? <strong>{title}</strong> : null}
        {children}
      </div>
    </div>
  );
}

/** A failed call, with its code and message, and what can be done about it. */
export function ErrorNotice({ error, children }: { error: unknown; children?: ReactNode }) {
  const { code, message } = describeError(error);
  return (
    <Notice tone="error" title={code}>
      <p>{message}</p>
      {children}
    </Notice>
  );
}

interface Read {
  readonly error: unknown;
  readonly isFetching: boolean;
  readonly refetch: () => unknown;
}

/** Why something that should be shown cannot be read, with the way to ask again; nothing while it can. */
export function ReadFailed({ read: { error, isFetching, refetch } }: { read: Read }) {
  if (!error) return null;
  return (
    <ErrorNotice error={error}>
      <button type="button" disabled={isFetching} onClick={() => void refetch()}>
        Try again
      </button>
    </ErrorNotice>
  );
}

interface EmptyProps {
  title: string;
  children?: ReactNode;
}

/** What stands where there is nothing to show yet, with the ways to change that. */
export function Empty({ title, children }: EmptyProps) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}
