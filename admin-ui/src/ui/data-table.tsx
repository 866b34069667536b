/**
 * Rows and columns, page by page. A plain table: that of Ant Design measures the scroll bar with a style element that carries no nonce, which the
 * content security policy of the gateway refuses.
 */
import { Empty, Pagination } from 'antd';
import { type ReactNode, useState } from 'react';

export interface Column<T> {
  readonly title?: string;
  /** Pixels; the columns without one share what is left. */
  readonly width?: number;
  readonly align?: 'right';
  readonly render: (row: T) => ReactNode;
}

export interface DataTableProps<T> {
  readonly rows: readonly T[];
  readonly rowKey: (row: T) => string;
  readonly columns: readonly Column<T>[];
  readonly emptyText: string;
  /** Rows shown at once. */
  readonly pageSize?: number;
  /** One cell per column below all rows, whichever page is shown. */
  readonly summary?: readonly ReactNode[];
  readonly 'data-testid'?: string;
}

const PAGE_SIZE = 20;

export function DataTable<T>({ rows, rowKey, columns, emptyText, pageSize = PAGE_SIZE, summary, ...rest }: DataTableProps<T>): ReactNode {
  const [wanted, setWanted] = useState(1);
  // Rows may have become fewer since the page was chosen.
  const page = Math.min(wanted, Math.max(1, Math.ceil(rows.length / pageSize)));
  const cells = (values: readonly ReactNode[], Cell: 'td' | 'th'): ReactNode =>
    columns.map(({ align, width }, i) => (
      // columns of a table stay what and where they are
      <Cell
        key={i}
        className={align === 'right' ? 'numeric-cell' : undefined}
        {...(Cell === 'th' ? { scope: 'col', style: { width } } : {})}
      >
        {values[i]}
      </Cell>
    ));
  return (
    <div {...rest}>
      <table className="data-table">
        <thead>
          <tr>
            {cells(
              columns.map(({ title }) => title),
              'th',
            )}
          </tr>
        </thead>
        <tbody>
          {rows.slice((page - 1) * pageSize, page * pageSize).map((row) => (
            <tr key={rowKey(row)}>
              {cells(
                columns.map(({ render }) => render(row)),
                'td',
              )}
            </tr>
          ))}
        </tbody>
        {summary && rows.length > 0 && (
          <tfoot>
            <tr>{cells(summary, 'td')}</tr>
          </tfoot>
        )}
      </table>
      {rows.length === 0 && <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={emptyText} />}
      {rows.length > pageSize && (
        <Pagination
          className="data-table-pages"
          size="small"
          align="end"
          showSizeChanger={false}
          current={page}
          pageSize={pageSize}
          total={rows.length}
          onChange={setWanted}
        />
      )}
    </div>
  );
}
