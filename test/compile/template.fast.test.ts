import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTemplate } from '../../src/compile/text/template.ts';
import type { Template } from '../../src/model/template.ts';

const PARAMS = new Set(['site', 'factor', 'rand_seed']);

/** Literal text as it will stand, placeholders as root, name, index and format. */
function show(template: Template): unknown[] {
  return template.tokens.map((token) => {
    if (token.kind === 'text') return token.text;
    const { root, name, index, format } = token.placeholder;
    return { root, name, index, format };
  });
}

function parse(text: string): unknown[] {
  const { template, errors } = parseTemplate(text, PARAMS);
  expect(errors, text).toEqual([]);
  return show(template);
}

const errorsOf = (text: string) => parseTemplate(text, PARAMS).errors;
const hole = (root: string, name = '', index: number | null = null, format: string | null = null) => ({
  root,
  name,
  index,
  format,
});

describe('a placeholder', () => {
  it.each([
    ['{site}', hole('param', 'site')],
    ['{site:04}', hole('param', 'site', null, '04')],
    ['{input}', hole('input')],
    ['{input[12]}', hole('input', '', 12)],
    ['{input.data}', hole('input', 'data')],
    ['{input.data[0]}', hole('input', 'data', 0)],
    ['{input:list}', hole('input', '', null, 'list')],
    ['{input.data:list}', hole('input', 'data', null, 'list')],
    ['{output.model[1]}', hole('output', 'model', 1)],
    ['{config.epochs}', hole('config', 'epochs')],
    ['{config.a.b-c}', hole('config', 'a.b-c')],
    ['{config.flags:raw}', hole('config', 'flags', null, 'raw')],
    ['{resources.mem_mb}', hole('resources', 'mem_mb')],
    ['{rule}', hole('rule')],
    ['{attempt}', hole('attempt')],
    ['{log}', hole('log')],
    ['{file}', hole('file')],
  ])('%s is one', (text, expected) => {
    expect(parse(text)).toEqual([expected]);
    expect(parse(`a${text}b`)).toEqual(['a', expected, 'b']);
  });

  it('counts its offsets in the text as written, after {{word}} too', () => {
    const text = '{{word}}ä{site} {{x}}{input[0]}!';
    const { template } = parseTemplate(text, PARAMS);
    const written = template.tokens.map((t) => text.slice(t.start, t.end));
    expect(written).toEqual(['{{word}}', 'ä', '{site}', ' ', '{{x}}', '{input[0]}', '!']);
  });
});

describe('everything else stands for itself', () => {
  it.each([
    '${HOME}',
    '${x:-y}',
    '${#x}',
    '{a,b}',
    '{1..3}',
    '{ print $1 }',
    '{"a": 1}',
    '{}',
    '{',
    '}',
    '{ site }',
    '{sit e}',
    '{zone.key}',
    'function() { return {a: 1} }',
    '',
  ])('%j', (text) => {
    expect(parse(text).join('')).toBe(text);
  });

  it.each([
    ['{{site}}', '{site}'],
    ['{{whatever}}', '{whatever}'],
    ['${{site}}', '${site}'],
    ['a{{b}}c', 'a{b}c'],
    ['{{{b}}}', '{{b}}'],
    ['{{sites.x[0]}}', '{sites.x[0]}'],
  ])('%s writes a literal %s', (text, literal) => {
    expect(parse(text).join('')).toBe(literal);
  });

  it('doubled braces around a longer placeholder stay around its value', () => {
    expect(parse('{{input[0]}}')).toEqual(['{', hole('input', '', 0), '}']);
  });
});

describe('what looks like a placeholder is one or an error', () => {
  it.each([
    ['{site.name}', /has no parts|has no parts|no parts/],
    ['{site[0]}', /no parts/],
    ['{site:4}', /not a format of a param/],
    ['{site+1}', /not a placeholder/],
    ['{site*2}', /not a placeholder/],
    ['{site|upper}', /not a placeholder/],
    ['{input[-1]}', /not a placeholder/],
    ['{input[x]}', /not a placeholder/],
    ['{input:csv}', /not a format of input/],
    ['{input[0]:list}', /goes with the whole list/],
    ['{input.a.b}', /too many parts/],
    ['{output:list}', /not a format of output/],
    ['{config}', /needs a key/],
    ['{config.a[0]}', /has no \[n\]/],
    ['{resources.cpu}', /not a resource/],
    ['{rule.name}', /no parts/],
    ['{sites}', /names no param/],
    ['{nothing_like_it}', /names no param/],
    ['{sites[0]}', /names no param/],
  ])('%s', (text, message) => {
    const errors = errorsOf(`x ${text} y`);
    expect(errors).toHaveLength(1);
    expect(errors[0]!.message).toMatch(message);
    expect(`x ${text} y`.slice(errors[0]!.start, errors[0]!.end)).toBe(text);
    expect(errors[0]!.hint).toBeTruthy();
  });

  it('hints at the name that was meant, and at the literal, which then parses', () => {
    const [error] = errorsOf('{facter}');
    expect(error!.hint).toContain('did you mean "{factor}"?');
    expect(error!.hint).toContain('{{facter}}');
    expect(parse('{{facter}}')).toEqual(['{facter}']);
    const [resource] = errorsOf('{resources.cpu}');
    expect(resource!.hint).toContain('{resources.cpus}');
    const [longer] = errorsOf('{inputs.data[0]}');
    expect(longer!.hint).toContain('{{inputs.data[0]}}');
    expect(parse('{{inputs.data[0]}}').join('')).toBe('{inputs.data[0]}');
  });

  it.each(['${site}', '${input[0]}', '${input:-x}', '${site%.csv}', '${input[@]}'])(
    '%s reads both ways and is refused from the $ on',
    (text) => {
      const [error, ...others] = errorsOf(`a ${text}`);
      expect(others).toEqual([]);
      expect(error!.start).toBe(2);
      expect(error!.message).toMatch(/reads as the shell's variable and as wfc's/);
    },
  );

  it('all errors come, in source order', () => {
    expect(errorsOf('{sites} {site} ${site} {config}').map((e) => e.start)).toEqual([0, 15, 23]);
  });
});

it('no text is lost: tokens and errors cover any input from begin to end', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '{{',
    '}}',
    'site',
    'input',
    'word',
    '[0]',
    '.a',
    ':04',
    '$',
    ' ',
    'ä',
    '{site}',
    '\n',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = pieces.join('');
      const { template, errors } = parseTemplate(text, PARAMS);
      if (errors.length > 0) return;
      expect(template.tokens.map((t) => text.slice(t.start, t.end)).join('')).toBe(text);
      for (const token of template.tokens) {
        if (token.kind === 'placeholder') expect(text[token.start]).toBe('{');
        else if (token.end - token.start === token.text.length)
          expect(text.slice(token.start, token.end)).toBe(token.text);
        else expect(text.slice(token.start, token.end)).toBe(`{${token.text}}`);
      }
    }),
    { numRuns: 2000, seed: 3 },
  );
});
