/**
 * A report as PDF on A4: cover, sections, tables that break over pages with their heads repeated, page numbers. Chinese letters come from a font
 * package and are embedded as a subset. Dates and identifiers inside the file are taken from the report, so the same report gives the same bytes.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import PDFDocument from 'pdfkit';
import type { ReportDocument, Section, Table } from './document.ts';
import { wrap } from './wrap.ts';

type Paper = InstanceType<typeof PDFDocument>;

// Points, 1/72 inch.
const MARGIN = 50;
const FOOT = 40;
const CELL_PAD = 3;
const SIZE = { title: 24, heading: 14, text: 9.5, table: 8, fine: 6 } as const;
const INK = '#1a1a2e';
const SHADE = '#e8ecf4';
const LINE = '#a0a8b8';
const PAGES_WORDS = {
  zh: (n: number, of: number) => `第 ${n} 页，共 ${of} 页`,
  en: (n: number, of: number) => `page ${n} of ${of}`,
} as const;

type Weight = 'regular' | 'strong';
const FOLDER = join(dirname(createRequire(import.meta.url).resolve('@embedpdf/fonts-sc')), '..', 'fonts');
/**
 * Fonts are chosen by file and not by a registered name: a registered name for a file that is open already is never remembered (pdfkit 0.20), and
 * each choice of it reads and parses 8 MB again.
 */
const FONTS: Readonly<Record<Weight, string>> = {
  regular: join(FOLDER, 'NotoSansHans-Regular.otf'),
  strong: join(FOLDER, 'NotoSansHans-Bold.otf'),
};

/** @returns the whole file */
export function pdf(report: ReportDocument): Promise<Buffer> {
  const taken = new Date(report.takenAt);
  const paper = new PDFDocument({
    size: 'A4',
    margins: { top: MARGIN + 10, left: MARGIN, right: MARGIN, bottom: MARGIN + 10 },
    bufferPages: true,
    pdfVersion: '1.7',
    lang: report.language === 'zh' ? 'zh-CN' : 'en',
    displayTitle: true,
    font: FONTS.regular,
    info: {
      Title: report.title,
      Author: 'Keepline',
      Subject: `${report.site} ${report.from} ${report.to}`,
      CreationDate: taken,
      ModDate: taken,
    },
  });
  const pieces: Buffer[] = [];
  const whole = new Promise<Buffer>((resolve, reject) => {
    paper.on('data', (piece: Buffer) => pieces.push(piece));
    paper.once('end', () => resolve(Buffer.concat(pieces)));
    paper.once('error', reject);
  });
  paper.fillColor(INK);
  cover(paper, report);
  for (const [i, section] of report.sections.entries()) {
    if (i === 0 || section.newPage) paper.addPage();
    drawSection(paper, section);
  }
  frame(paper, report);
  paper.end();
  return whole;
}

const widthOf = (paper: Paper): number => paper.page.width - 2 * MARGIN;
const bottomOf = (paper: Paper): number => paper.page.height - MARGIN - 10;

function cover(paper: Paper, { title, cover: lines }: ReportDocument): void {
  paper.rect(0, 0, paper.page.width, 12).fill('#27408b').fillColor(INK);
  paper
    .font(FONTS.strong)
    .fontSize(SIZE.title)
    .text(title, MARGIN, 170, { width: widthOf(paper) });
  paper.moveDown(1.5);
  for (const [name, value] of lines) {
    const y = paper.y;
    paper.font(FONTS.strong).fontSize(SIZE.text).text(name, MARGIN, y, { width: 140 });
    const below = paper.y;
    paper.font(FONTS.regular).text(value, MARGIN + 150, y, { width: widthOf(paper) - 150 });
    paper.y = Math.max(below, paper.y) + 5;
  }
}

function drawSection(paper: Paper, { heading, paragraphs, tables }: Section): void {
  if (paper.y > bottomOf(paper) - 90) paper.addPage();
  paper.x = MARGIN;
  paper
    .moveDown(0.6)
    .font(FONTS.strong)
    .fontSize(SIZE.heading)
    .text(heading, MARGIN, paper.y, { width: widthOf(paper) });
  paper.outline.addItem(heading);
  paper.moveDown(0.4);
  for (const text of paragraphs)
    paper
      .font(FONTS.regular)
      .fontSize(SIZE.text)
      .text(text, MARGIN, paper.y, { width: widthOf(paper), lineGap: 2 })
      .moveDown(0.5);
  for (const table of tables) drawTable(paper, table);
}

/** Line spacing, as a share of the size: what Noto needs for accents and Chinese alike. */
const LEADING = 1.4;

function drawTable(paper: Paper, { columns, rows, isFine }: Table): void {
  const size = isFine ? SIZE.fine : SIZE.table;
  const leading = size * LEADING;
  const total = columns.reduce((sum, { share }) => sum + share, 0);
  const widths = columns.map(({ share }) => (share / total) * widthOf(paper));
  const room = bottomOf(paper) - MARGIN - 10 - 4 * leading;
  const laidOut = (cells: readonly string[], weight: Weight): readonly string[][] => {
    const widthOfCharacter = measure(paper, weight, size);
    return cells.map((text, i) => wrap(text, (widths[i] ?? 0) - 2 * CELL_PAD, widthOfCharacter).slice(0, Math.floor(room / leading)));
  };
  const heightOf = (cells: readonly string[][]): number => Math.max(...cells.map((lines) => lines.length)) * leading + 2 * CELL_PAD;
  const draw = (cells: readonly string[][], weight: Weight): void => {
    const [top, height] = [paper.y, heightOf(cells)];
    let left = MARGIN;
    for (const [i, lines] of cells.entries()) {
      const width = widths[i] ?? 0;
      if (weight === 'strong') paper.rect(left, top, width, height).fill(SHADE).fillColor(INK);
      paper.lineWidth(0.4).strokeColor(LINE).rect(left, top, width, height).stroke();
      paper.font(FONTS[weight]).fontSize(size);
      for (const [row, line] of lines.entries())
        if (line !== '') paper.text(line, left + CELL_PAD, top + CELL_PAD + row * leading, { lineBreak: false });
      left += width;
    }
    paper.x = MARGIN;
    paper.y = top + height;
  };
  const head = laidOut(
    columns.map(({ title }) => title),
    'strong',
  );
  if (paper.y + heightOf(head) + 30 > bottomOf(paper)) paper.addPage();
  draw(head, 'strong');
  for (const cells of rows) {
    const lines = laidOut(cells, 'regular');
    if (paper.y + heightOf(lines) > bottomOf(paper)) {
      paper.addPage();
      draw(head, 'strong');
    }
    draw(lines, 'regular');
  }
  paper.y += 10;
}

/** Width of one character, asked of the font once per size: shaping whole texts again and again took most of the time of a report. */
function measure(paper: Paper, weight: Weight, size: number): (character: string) => number {
  paper.font(FONTS[weight]).fontSize(size);
  const known = widths.get(paper) ?? new Map<string, number>();
  widths.set(paper, known);
  return (character) => {
    const key = `${weight}${size}${character}`;
    const found = known.get(key) ?? paper.widthOfString(character);
    known.set(key, found);
    return found;
  };
}
const widths = new WeakMap<Paper, Map<string, number>>();

/** Heads and page numbers, when it is known how many pages there are. */
function frame(paper: Paper, { language, title, site, from, to }: ReportDocument): void {
  const { count } = paper.bufferedPageRange();
  for (let page = 0; page < count; page++) {
    paper.switchToPage(page);
    paper.page.margins.bottom = 0; // else writing below the margin would open a page
    paper.font(FONTS.regular).fontSize(7).fillColor('#606880');
    if (page > 0) paper.text(`${title}   ${site}   ${from} – ${to}`, MARGIN, 30, { width: widthOf(paper), lineBreak: false });
    paper.text(PAGES_WORDS[language](page + 1, count), MARGIN, paper.page.height - FOOT, {
      width: widthOf(paper),
      align: 'right',
      lineBreak: false,
    });
  }
}
