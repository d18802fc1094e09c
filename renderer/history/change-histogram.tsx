import { useMemo, useState } from 'react';
import type { InputOf } from '../../preload/contract/call.ts';
import type { Contract } from '../../preload/contract/contract.ts';
import { useAnswer } from '../data/queries.ts';
import { plural } from '../ui/format.ts';
import { Histogram } from '../ui/histogram.tsx';
import { Segments } from '../ui/segments.tsx';
import { bucketSpan, fillBuckets } from './fill-buckets.ts';

/** Hours of more days than these would be bars too thin to tell apart. */
const MOST_DAYS_BY_HOUR = 31;

interface ChangeHistogramProps {
  filter: Omit<InputOf<Contract['history']['histogram']>, 'bucket'>;
  /** Narrows the history to a period: both ends as instants, the second not included. */
  onPeriod: (from: string, to: string) => void;
}

/** The changes of a filter over time, by day or by hour; a click on a bar narrows to its day or hour. */
export function ChangeHistogram({ filter, onPeriod }: ChangeHistogramProps) {
  const [wanted, setWanted] = useState<'day' | 'hour'>('day');
  const days = useAnswer('history', 'histogram', { ...filter, bucket: 'day' }, { keep: true });
  const few = bucketSpan(days.data?.buckets ?? [], 'day') <= MOST_DAYS_BY_HOUR;
  const bucket = few ? wanted : 'day';
  const hours = useAnswer(
    'history',
    'histogram',
    { ...filter, bucket: 'hour' },
    { keep: true, enabled: bucket === 'hour' },
  );
  const found = (bucket === 'hour' ? hours : days).data?.buckets;
  const buckets = useMemo(() => fillBuckets(found ?? [], bucket), [found, bucket]);
  const width = bucket === 'hour' ? 16 : 10;
  const narrow = (label: string) => {
    const from = `${label.replace(' ', 'T')}${bucket === 'hour' ? ':00' : 'T00:00:00'}Z`;
    const end = new Date(Date.parse(from) + (bucket === 'hour' ? 3_600_000 : 86_400_000));
    onPeriod(from, end.toISOString().replace('.000', ''));
    if (bucket === 'day') setWanted('hour');
  };
  return (
    <Histogram
      title={`Changes by ${bucket}`}
      bars={buckets.map(({ start, enter, exit, change }) => ({
        label: start.slice(0, width).replace('T', ' '),
        parts: [
          { kind: 'enter', value: enter },
          { kind: 'exit', value: exit },
          { kind: 'change', value: change },
        ],
      }))}
      onPick={narrow}
    >
      <Segments
        label="Width of a bar"
        value={bucket}
        onChange={setWanted}
        options={[
          { value: 'day', title: 'Day' },
          few
            ? { value: 'hour', title: 'Hour' }
            : {
                value: 'hour',
                title: 'Hour',
                disabled: true,
                hint: `Hours are shown for up to ${plural(MOST_DAYS_BY_HOUR, 'day')}`,
              },
        ]}
      />
    </Histogram>
  );
}
