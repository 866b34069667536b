/** Gives a report one of its forms. */
import type { ReportDocument } from './document.ts';
import { csv, html, json } from './text-forms.ts';

export const REPORT_FORMS = ['csv', 'json', 'html', 'pdf'] as const;
export type ReportForm = (typeof REPORT_FORMS)[number];

/** The PDF library and its font reader are loaded only when a PDF is wanted. */
export async function render(report: ReportDocument, form: ReportForm): Promise<Buffer> {
  switch (form) {
    case 'csv':
      return Buffer.from(csv(report));
    case 'json':
      return Buffer.from(json(report));
    case 'html':
      return Buffer.from(html(report));
    case 'pdf':
      return (await import('./pdf.ts')).pdf(report);
  }
}
