// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { Template } from '../../../../lib/cli/format/template.js';
import { PlainError } from '../../../../lib/cli/usage-error.js';

const DATA = {
  ID: 'abc',
  Size: 12,
  Tags: ['b:1', 'a:2'],
  Empty: [],
  Config: { Env: ['A=1'], Labels: { 'com.x': 'y' }, User: '' },
};

const GOLDEN: [template: string, text: string][] = [
  ['plain', 'plain'],
  ['{{.ID}}', 'abc'],
  ['{{ .ID }}:{{.Size}}', 'abc:12'],
  ['{{.Tags}}', '[b:1 a:2]'],
  ['{{.Config.Labels}}', 'map[com.x:y]'],
  ['{{json .Config.Env}}', '["A=1"]'],
  ['{{json .}}', JSON.stringify(DATA)],
  ['{{.Config | json}}', JSON.stringify(DATA.Config)],
  ['{{upper .ID}} {{.ID | title}}', 'ABC Abc'],
  ['{{join .Tags ", "}}', 'b:1, a:2'],
  ['{{index .Tags 1}}', 'a:2'],
  ['{{index .Config.Labels "com.x"}}', 'y'],
  ['{{len .Tags}}', '2'],
  ['{{range .Tags}}<{{.}}>{{end}}', '<b:1><a:2>'],
  ['{{range .Empty}}x{{else}}none{{end}}', 'none'],
  ['{{if .Config.User}}{{.Config.User}}{{else}}root{{end}}', 'root'],
  ['{{if eq .ID "abc"}}yes{{end}}', 'yes'],
  ['{{with .Config}}{{len .Env}}{{end}}', '1'],
  ['{{json (index .Tags 0)}}', '"b:1"'],
  ['a {{- .ID -}} b', 'aabcb'],
  ['{{`raw`}}{{"te\\"xt"}}', 'rawte"xt'],
  ['{{println .ID}}', 'abc\n'],
];

const REFUSED: [template: string, message: RegExp][] = [
  ['{{.ID', /^--format: no }} for the {{ in "{{\.ID"$/],
  ['{{.Nope}}', /no field \.Nope \(hint: there are \.ID \.Size/],
  ['{{.ID.X}}', /no field \.X in abc/],
  ['{{nope .ID}}', /no function nope \(hint: there are and, eq/],
  ['{{.ID .Size}}', /abc is not a function/],
  ['{{if .ID}}x', /no {{end}} for {{if \.ID}}/],
  ['{{end}}', /{{end}} without its beginning/],
  ['{{}}', /{{}} is empty/],
  ['{{json}}', /json needs a value/],
  ['{{upper .Size}}', /upper needs a text, not 12/],
  ['{{index .Tags 5}}', /index 5 is not in a list of 2/],
  ['{{.ID | }}', /a \| has nothing on one of its sides/],
  ['{{$x}}', /cannot read "\$x" in {{\$x}}/],
  ['{{json (.ID}}', /no \) for a \(/],
];

describe('Template', () => {
  for (const [template, text] of GOLDEN) {
    it(`renders ${template}`, () => {
      assert.equal(new Template(template).render(DATA), text);
    });
  }

  for (const [template, message] of REFUSED) {
    it(`refuses ${template}`, () => {
      assert.throws(
        () => new Template(template).render(DATA),
        (error) => error instanceof PlainError && message.test(error.message),
      );
    });
  }
});
