/** A text that follows the time: renders its child anew every half second, and nothing around it. */
import { type ReactNode, useEffect, useReducer } from 'react';

const EVERY_MS = 500;

export function Ticking({ children }: { readonly children: (monotonicMs: number) => ReactNode }): ReactNode {
  const [, tick] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    const timer = setInterval(tick, EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return children(performance.now());
}
