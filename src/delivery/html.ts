// The HTML part of an email: its text again, with nothing that is loaded, nothing that is a link, nothing that counts readers.
import type { Language } from '../rules/language.ts';

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A text as HTML shows it, also in the quotes of an attribute; its line breaks are kept. */
export function escapedForHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? '').replaceAll('\n', '<br>\n');
}

const bodyStyle =
  'margin:0;padding:24px;font-family:Helvetica,Arial,sans-serif;font-size:16px;line-height:1.5;color:#1a1a1a;background-color:#ffffff';
const paragraphStyle = 'margin:0 0 16px';
const largeStyle = 'font-size:28px;letter-spacing:2px';

/** A paragraph; where it begins with what is to be read first, that is large. */
function paragraph(text: string, first: string | null): string {
  const begins = first !== null && text.startsWith(first);
  const large = begins ? `<strong style="${largeStyle}">${escapedForHtml(first)}</strong>` : '';
  return `<p style="${paragraphStyle}">${large}${escapedForHtml(begins ? text.slice(first.length) : text)}</p>`;
}

/**
 * Shows a text as HTML, its paragraphs parted by empty lines. The meta element keeps mail programs from making links of
 * what looks like a phone number or a date, as a code does.
 * @param first what the reader looks for, such as the code; null for nothing.
 */
export function htmlOf(text: string, language: Language, first: string | null): string {
  const paragraphs = text.trim().split(/\n{2,}/);
  return [
    '<!DOCTYPE html>',
    `<html lang="${language}">`,
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no">',
    '</head>',
    `<body style="${bodyStyle}">`,
    ...paragraphs.map((each) => paragraph(each, first)),
    '</body>',
    '</html>',
    '',
  ].join('\n');
}
