/** What the small XML reader takes and what it refuses, by values and by properties. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_XML_ATTRIBUTES, MAX_XML_CHARS, MAX_XML_DEPTH, MAX_XML_ELEMENTS, parseXml, type XmlElement } from './xml.ts';

const rootOf = (text: string): XmlElement => {
  const parsed = parseXml(text);
  if (!parsed.ok) throw new Error(parsed.why);
  return parsed.root;
};
const why = (text: string): string => {
  const parsed = parseXml(text);
  return parsed.ok ? 'ok' : parsed.why;
};

describe('metadata as XML', () => {
  it('has elements, attributes, text and namespaces', () => {
    const root = rootOf(
      `\ufeff<?xml version="1.0" encoding="UTF-8"?>\r\n<!-- of a test -->
      <r:recording xmlns:r="urn:r" xmlns="urn:other" a='1 &lt; 2'><r:label id="x">9&#54;<!-- in the text -->&#x21;</r:label><label/></r:recording>`,
    );
    expect([root.name, root.namespace, root.attributes.get('a')]).toEqual(['recording', 'urn:r', '1 < 2']);
    expect(root.children.map(({ name, namespace, text }) => [name, namespace, text])).toEqual([
      ['label', 'urn:r', '96!'],
      ['label', 'urn:other', ''],
    ]);
  });

  it.each([
    ['', 'malformed'],
    ['text', 'malformed'],
    ['<a>', 'malformed'],
    ['<a></b>', 'malformed'],
    ['</a>', 'malformed'],
    ['<a/><b/>', 'malformed'],
    ['<a/>more', 'malformed'],
    ['<a b=1/>', 'malformed'],
    ['<a b="1" b="2"/>', 'malformed'],
    ['<a b="<"/>', 'malformed'],
    ['<x:a/>', 'malformed'],
    ['<a>&unknown;</a>', 'malformed'],
    ['<a>& b</a>', 'malformed'],
    ['<a>&#0;</a>', 'malformed'],
    ['<a>&#xD800;</a>', 'malformed'],
    ['<a>&#1114112;</a>', 'malformed'],
    ['<a>\u0000</a>', 'malformed'],
    ['<!-- never ends', 'malformed'],
    ['<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 'not_allowed'],
    ['<a><![CDATA[b]]></a>', 'not_allowed'],
    ['<a><?do this?></a>', 'not_allowed'],
    ['<a>'.repeat(MAX_XML_DEPTH + 1), 'too_deep'],
    [`<a>${'<b/>'.repeat(MAX_XML_ELEMENTS)}</a>`, 'too_many'],
    [`<a ${Array.from({ length: MAX_XML_ATTRIBUTES + 1 }, (_, i) => `b${i}=""`).join(' ')}/>`, 'too_many'],
    [`<a>${' '.repeat(MAX_XML_CHARS)}</a>`, 'too_long'],
  ])('refuses %j', (text, fault) => {
    expect(why(text)).toBe(fault);
  });

  it('never throws on pieces of XML in any order', () => {
    const pieces = fc.constantFrom(
      '<',
      '>',
      '/',
      '<a',
      '</a>',
      '<a>',
      ' b="',
      '"',
      "'",
      '=',
      '<!--',
      '-->',
      '--',
      '&',
      ';',
      '&amp;',
      '&#',
      'xmlns:',
      ':',
      '<?xml ',
      '?>',
      '\u0000',
      '客户',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), (some) => {
        expect(parseXml(some.join(''))).toHaveProperty('ok');
      }),
      { numRuns: 2000 },
    );
  });

  it('gives back any text and any attribute that was escaped', () => {
    const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
    const texts = fc
      .string({ unit: 'grapheme', maxLength: 60 })
      .map((text) => text.replaceAll(/[^\u0020-\ufffd\u{10000}-\u{10ffff}]/gu, '').trim());
    fc.assert(
      fc.property(texts, texts, (text, value) => {
        const root = rootOf(`<a b="${escape(value)}">${escape(text)}</a>`);
        expect([root.text, root.attributes.get('b')]).toEqual([text.trim(), value]);
      }),
    );
  });
});
