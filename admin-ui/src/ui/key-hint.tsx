/** The key that does the same as the button it stands in. Hidden from screen readers, which read `aria-keyshortcuts`. */
import type { ReactNode } from 'react';

export function KeyHint({ keys }: { readonly keys: string }): ReactNode {
  return (
    <kbd className="key-hint" aria-hidden="true">
      {keys}
    </kbd>
  );
}
