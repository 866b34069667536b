/** Option tags: what we offer beyond RFC 3261, and how the far end's lists are read (§19.2, §20.32, §20.37). Pure. */
import type { Headers } from './message.ts';

/** 100rel RFC 3262, timer RFC 4028, replaces RFC 3891, norefersub RFC 4488. */
const OPTION_TAGS = ['100rel', 'timer', 'replaces', 'norefersub'] as const;
export type OptionTag = (typeof OPTION_TAGS)[number];

export const SUPPORTED: readonly [string, string] = ['Supported', OPTION_TAGS.join(', ')];
/** In a recording session (RFC 7866 §14.1); nobody else is told, for no call out of ours is one. */
export const SUPPORTED_BY_RECORDER: readonly [string, string] = ['Supported', [...OPTION_TAGS, 'siprec'].join(', ')];

export const isSupported = (tag: string): boolean => [...OPTION_TAGS, 'siprec'].some((known) => known === tag.toLowerCase());

export function requires(headers: Headers, tag: OptionTag): boolean {
  return (headers.list('require') ?? []).some((value) => value.toLowerCase() === tag);
}

/** What is required is also understood. */
export function supports(headers: Headers, tag: OptionTag): boolean {
  return requires(headers, tag) || (headers.list('supported') ?? []).some((value) => value.toLowerCase() === tag);
}

/** Whether the far end says that it takes this method; false when it says nothing (RFC 3261 §20.5). */
export function allows(headers: Headers, method: string): boolean {
  return (headers.list('allow') ?? []).includes(method);
}
