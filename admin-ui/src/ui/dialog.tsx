/**
 * A dialog over the page: the browser's own, which keeps the focus inside, closes with Escape and lies above everything. That of Ant Design locks
 * the page with a style element that carries no nonce, which the content security policy of the gateway refuses.
 */
import { CloseOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { type ReactNode, useEffect, useId, useRef } from 'react';

export interface DialogProps {
  readonly title: string;
  /** Pixels; a narrower window makes it narrower. */
  readonly width?: number;
  /** Without it the dialog stays until what is in it ends it. */
  readonly onCancel?: () => void;
  readonly closeLabel?: string;
  readonly footer?: ReactNode;
  readonly children: ReactNode;
  readonly 'data-testid'?: string;
}

const WIDTH = 460;

/** Open for as long as it is there. The first control inside has the focus. */
export function Dialog({ title, width = WIDTH, onCancel, closeLabel, footer, children, ...rest }: DialogProps): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className="dialog"
      style={{ width }}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault(); // whoever opened it takes it away
        onCancel?.();
      }}
      onClose={() => {
        // A browser may close it over our head, at the second Escape.
        if (onCancel) onCancel();
        else dialog.current?.showModal();
      }}
      {...rest}
    >
      <h2 id={titleId}>{title}</h2>
      {children}
      {footer !== undefined && <div className="dialog-foot">{footer}</div>}
      {onCancel && (
        <Button
          type="text"
          className="dialog-close"
          icon={<CloseOutlined />}
          aria-label={closeLabel}
          onClick={onCancel}
          data-testid="dialog-close"
        />
      )}
    </dialog>
  );
}
