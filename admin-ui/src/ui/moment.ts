/** A moment as people here read it: the language of the page, the time zone of the workplace. */
export function momentText(ms: number, language: string): string {
  return new Intl.DateTimeFormat(language.startsWith('zh') ? 'zh-CN' : 'en-GB', { dateStyle: 'short', timeStyle: 'medium' }).format(ms);
}

/** Whole numbers with their thousands apart. */
export function numberText(value: number): string {
  return new Intl.NumberFormat('en').format(value);
}
