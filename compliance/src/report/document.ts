/** A report as plain data, before it has a form: headings, paragraphs and tables in one language. The renderers add nothing to it. */
export type Language = 'zh' | 'en';

export interface Table {
  readonly columns: readonly { readonly title: string /** Share of the width. */; readonly share: number }[];
  readonly rows: readonly (readonly string[])[];
  /** Smaller letters, for hashes. */
  readonly isFine?: boolean;
}
export interface Section {
  readonly heading: string;
  readonly paragraphs: readonly string[];
  readonly tables: readonly Table[];
  /** Begins a new page, where there are pages. */
  readonly newPage?: boolean;
}
export interface ReportDocument {
  readonly kind: string;
  readonly language: Language;
  readonly title: string;
  readonly site: string;
  readonly from: string;
  readonly to: string;
  /** When what it shows was taken; also the date inside a PDF, so that the same input gives the same bytes. */
  readonly takenAt: string;
  /** The lines of the cover. */
  readonly cover: readonly (readonly [string, string])[];
  readonly sections: readonly Section[];
  /** The table a spreadsheet wants, with stable column names. */
  readonly rows: { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] };
}
