import { type ColumnDef, tableFeatures, useTable } from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type ReactNode, type SyntheticEvent, useEffect, useRef } from 'react';
import { plural } from './format.ts';

const features = tableFeatures({});

/** A column: its heading, its cell and its width in pixels; one column without a width takes what is left. */
export interface Column<Row> {
  readonly id: string;
  readonly header: string;
  readonly cell: (row: Row) => ReactNode;
  readonly width?: number;
  readonly align?: 'right';
}

interface DataTableProps<Row extends object> {
  label: string;
  columns: readonly Column<Row>[];
  rows: Row[];
  rowKey: (row: Row) => string;
  selected?: string | null;
  onSelect: (row: Row) => void;
  /** What a click or Enter does when it is more than to select. */
  onOpen?: (row: Row) => void;
  /** Called near the end of the loaded rows while there are more. */
  onEnd?: () => void;
  hasMore?: boolean;
  loading?: boolean;
  empty?: ReactNode;
}

const ROW_HEIGHT = 28;
/** What a column without a width keeps when the table is narrow; below that the table scrolls sideways. */
const LEAST_WIDTH = 110;

/** Gives a cell whose text is cut off that text as its tooltip. */
function nameClipped({ target }: SyntheticEvent): void {
  const cell = target instanceof Element ? target.closest('td') : null;
  if (cell === null) return;
  const clipped = [cell, ...cell.querySelectorAll('.row-link, .clip')].some(
    ({ scrollWidth, clientWidth }) => scrollWidth > clientWidth,
  );
  if (clipped) cell.title = cell.textContent ?? '';
  else cell.removeAttribute('title');
}

/**
 * A virtual table: only the rows in sight are in the page, the scroll position asks for the next page. The arrow keys
 * move the selection, which the view's side panel follows.
 */
export function DataTable<Row extends object>(props: DataTableProps<Row>) {
  const {
    columns,
    rows,
    rowKey,
    selected = null,
    onSelect,
    onOpen,
    onEnd,
    hasMore = false,
    loading = false,
  } = props;
  const scroller = useRef<HTMLElement>(null);
  const followFocus = useRef(false);
  const definitions: ColumnDef<typeof features, Row>[] = columns.map((column) => ({
    id: column.id,
    header: column.header,
    cell: ({ row }) => column.cell(row.original),
  }));
  const table = useTable({ features, columns: definitions, data: rows, getRowId: rowKey });
  const model = table.getRowModel().rows;
  const virtual = useVirtualizer({
    count: model.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const anchor = rows.some((row) => rowKey(row) === selected) ? selected : model[0]?.id;
  const lastShown = items.at(-1)?.index ?? -1;

  useEffect(() => {
    if (hasMore && !loading && lastShown >= rows.length - 20) onEnd?.();
  }, [hasMore, loading, lastShown, rows.length, onEnd]);

  // The row that had the focus may have left the page; the focus goes to the selected one as soon as it is there.
  useEffect(() => {
    if (!followFocus.current) return;
    const current = scroller.current?.querySelector<HTMLElement>('[aria-current=true]');
    if (current) {
      followFocus.current = false;
      current.focus({ preventScroll: true });
    }
  });

  const move = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 20, PageUp: -20 }[event.key];
    if (step === undefined) return;
    const at = rows.findIndex((row) => rowKey(row) === selected);
    const next = Math.max(0, Math.min(rows.length - 1, at + step));
    const row = rows[next];
    if (row === undefined) return;
    event.preventDefault();
    followFocus.current = true;
    virtual.scrollToIndex(next);
    onSelect(row);
  };

  if (rows.length === 0 && !loading) return props.empty ?? null;
  const before = items[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
  return (
    <section
      className="table-scroll"
      ref={scroller}
      aria-label={`${props.label}, scrollable`}
      onKeyDown={move}
      onMouseOver={nameClipped}
      onFocus={nameClipped}
    >
      <table
        className="data"
        style={{ minWidth: columns.reduce((sum, { width = LEAST_WIDTH }) => sum + width, 0) }}
        aria-label={props.label}
        aria-rowcount={hasMore ? -1 : rows.length + 1}
      >
        <colgroup>
          {columns.map((column) => (
            <col key={column.id} style={column.width ? { width: column.width } : undefined} />
          ))}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <th key={column.id} scope="col" className={column.align}>
                {column.header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {before > 0 ? <tr style={{ height: before }} /> : null}
          {items.map((item) => {
            const row = model[item.index];
            if (row === undefined) return null;
            const current = row.id === selected;
            return (
              <tr
                key={row.id}
                aria-rowindex={item.index + 2}
                className={current ? 'current' : undefined}
                onClick={() => (onOpen ?? onSelect)(row.original)}
              >
                {row.getAllCells().map((cell, at) => (
                  <td key={cell.id} className={columns[at]?.align}>
                    {at === 0 ? (
                      <button
                        type="button"
                        className="row-link"
                        aria-current={current ? 'true' : undefined}
                        tabIndex={row.id === anchor ? 0 : -1}
                      >
                        <table.FlexRender cell={cell} />
                      </button>
                    ) : (
                      <table.FlexRender cell={cell} />
                    )}
                  </td>
                ))}
              </tr>
            );
          })}
          {after > 0 ? <tr style={{ height: after }} /> : null}
        </tbody>
      </table>
      <p className="table-foot" aria-live="polite">
        {loading ? 'Loading rows' : `${plural(rows.length, 'row')}${hasMore ? ' so far' : ''}`}
      </p>
    </section>
  );
}
