import { api } from '../bridge.ts';
import { useAnswer } from '../data/queries.ts';
import { Button } from '../ui/controls.tsx';
import { Notice } from '../ui/notice.tsx';
import { orToast } from '../ui/toasts.tsx';

/** What runs. */
export function AboutCard() {
  const info = useAnswer('app', 'info', {});
  const { data } = info;
  return (
    <section className="card" aria-label="About">
      <h2>About</h2>
      {data?.fallbackRuntime ? (
        <Notice tone="warning" title="Fallback runtime">
          <p>Segue runs on the older Electron {data.electron}, because the current one could not be had.</p>
        </Notice>
      ) : null}
      {data ? (
        <dl className="facts">
          <dt>Segue</dt>
          <dd>{data.version}</dd>
          <dt>Electron</dt>
          <dd>{data.electron}</dd>
          <dt>Chromium</dt>
          <dd>{data.chrome}</dd>
          <dt>Node</dt>
          <dd>{data.node}</dd>
          <dt>System</dt>
          <dd>{data.platform}</dd>
        </dl>
      ) : null}
      <Button
        onClick={() =>
          orToast(api.app.openExternal({ url: 'https://docs.lytics.com/docs/aws-sqs-overview' }))
        }
      >
        Lytics on Amazon SQS
      </Button>
    </section>
  );
}
