// Checks form data against the schema of a service item: JSON Schema draft-07 as far as common/catalogue/form.hpp takes it, with the very findings that gives. An
// interpreter of our own, since checkers that make code from a schema need eval, which the pages' policy forbids. tests/vectors/forms holds what both must find.
import { JinduError } from './errors.ts';
import { formats } from './identifiers.ts';
import { Pattern } from './pattern.ts';

export type Json = null | boolean | number | string | Json[] | { [member: string]: Json };
type JsonObject = { [member: string]: Json };
export type Schema = boolean | JsonObject;

export interface Finding {
  readonly pointer: string; // RFC 6901
  readonly rule: string; // stable: "required", "format.resident-id", …
  readonly params: Readonly<Record<string, Json>>; // for the texts
}

const findingsMax = 200;
const depthMax = 64;
const keywords = new Set([
  '$schema', '$id', '$comment', 'title', 'description', 'default', 'examples', 'definitions', '$ref', 'type', 'enum', 'const', 'minimum', 'maximum', 'exclusiveMinimum',
  'exclusiveMaximum', 'multipleOf', 'minLength', 'maxLength', 'pattern', 'format', 'items', 'minItems', 'maxItems', 'uniqueItems', 'contains', 'properties', 'required',
  'additionalProperties', 'minProperties', 'maxProperties', 'if', 'then', 'else', 'allOf', 'anyOf', 'oneOf', 'not',
]);

export const pointerJoin = (pointer: string, token: string | number): string => `${pointer}/${String(token).replaceAll('~', '~0').replaceAll('/', '~1')}`;
export const pointerParts = (pointer: string): string[] => pointer.split('/').slice(1).map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));

// What a pointer leads to; undefined where there is nothing.
export function valueAt(root: Json | undefined, pointer: string): Json | undefined {
  return pointerParts(pointer).reduce<Json | undefined>((value, part) => {
    if (Array.isArray(value)) return /^(0|[1-9][0-9]*)$/.test(part) ? value[Number(part)] : undefined;
    return isObject(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  }, root);
}

const isObject = (value: Json | undefined): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);
// A number too large for a double is none.
const isNumber = (value: Json): value is number => typeof value === 'number' && Number.isFinite(value);

function hasType(value: Json, type: Json): boolean {
  switch (type) {
    case 'object': return isObject(value);
    case 'array': return Array.isArray(value);
    case 'string': return typeof value === 'string';
    case 'number': return isNumber(value);
    case 'integer': return isNumber(value) && Number.isInteger(value);
    case 'boolean': return typeof value === 'boolean';
    default: return value === null;
  }
}
const list = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : value === undefined ? [] : [value]);
const hasOneType = (value: Json, types: Json): boolean => list(types).some((type) => hasType(value, type));

// Equal values have one canonical text.
function canonical(value: Json): string {
  if (typeof value === 'number') return value === 0 ? '0' : String(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (isObject(value)) return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key]!)}`).join()}}`;
  return JSON.stringify(value);
}
const same = (a: Json, b: Json): boolean => a === b || canonical(a) === canonical(b);

// A schema that was read whole once, so that checking data meets no surprise.
export class FormSchema {
  private readonly patterns = new Map<string, Pattern>();

  // Codes schema.malformed, schema.keyword, schema.format, schema.pattern, schema.reference.
  constructor(readonly schema: Schema) {
    this.read(schema, '', 0, []);
  }

  // Every pair of pointer and rule once; at most 200.
  check(data: Json): Finding[] {
    const seen = new Set<string>();
    return new Evaluation(this.schema, this.patterns).run(data).filter(({ pointer, rule }) => {
      const key = `${rule} ${pointer}`;
      return !seen.has(key) && seen.add(key);
    });
  }
  satisfiedBy(data: Json): boolean {
    return this.check(data).length === 0;
  }

  private read(schema: Json | undefined, at: string, depth: number, open: string[]): void {
    if (depth > depthMax) throw new JinduError('schema.malformed', 'a schema has at most 64 levels', at);
    if (typeof schema === 'boolean') return;
    if (!isObject(schema)) throw new JinduError('schema.malformed', 'a schema is an object, true or false', at);
    for (const [name, value] of Object.entries(schema)) {
      const here = pointerJoin(at, name);
      if (!keywords.has(name)) throw new JinduError('schema.keyword', `the keyword '${name}' is not used here`, here);
      switch (name) {
        case 'items': case 'contains': case 'additionalProperties': case 'if': case 'then': case 'else': case 'not':
          this.read(value, here, depth + 1, open);
          break;
        case 'allOf': case 'anyOf': case 'oneOf':
          if (!Array.isArray(value) || value.length === 0) throw new JinduError('schema.malformed', 'must be a list of schemas', here);
          value.forEach((one, i) => this.read(one, pointerJoin(here, i), depth + 1, open));
          break;
        case 'properties': case 'definitions':
          if (!isObject(value)) throw new JinduError('schema.malformed', 'must be an object of schemas', here);
          for (const [key, one] of Object.entries(value)) this.read(one, pointerJoin(here, key), depth + 1, open);
          break;
        case 'pattern':
          if (typeof value !== 'string') throw new JinduError('schema.malformed', 'must be a text', here);
          if (!this.patterns.has(value)) this.patterns.set(value, new Pattern(value));
          break;
        case 'format':
          if (typeof value !== 'string' || !formats[value]) throw new JinduError('schema.format', `the format '${String(value)}' is not known`, here);
          break;
        case '$ref':
          this.follow(value, here, depth, open);
          break;
      }
    }
  }

  // Follows the reference, so that one that goes round in circles is found here and not while checking.
  private follow(value: Json, at: string, depth: number, open: string[]): void {
    const target = typeof value === 'string' && /^#\/definitions\/[^/~%]+$/.test(value) ? valueAt(this.schema, value.slice(1)) : undefined;
    if (target === undefined) throw new JinduError('schema.reference', 'references lead to definitions of the same schema', at);
    if (open.includes(value as string)) throw new JinduError('schema.reference', 'the reference leads back to itself', at);
    this.read(target, (value as string).slice(1), depth + 1, [...open, value as string]);
  }
}

// After a wrong type the other keywords still speak, and an anyOf, oneOf or contains that fails is told together with what its branches found.
class Evaluation {
  private findings: Finding[] = [];
  constructor(
    private readonly root: Schema,
    private readonly patterns: ReadonlyMap<string, Pattern>,
  ) {}

  run(data: Json): Finding[] {
    return this.aside(this.root, data, '');
  }

  // What a schema finds, without telling it.
  private aside(schema: Json, data: Json, at: string): Finding[] {
    const outer = this.findings;
    this.findings = [];
    this.evaluate(schema, data, at);
    const found = this.findings;
    this.findings = outer;
    return found;
  }
  private add(pointer: string, rule: string, params: Record<string, Json> = {}): void {
    if (this.findings.length < findingsMax) this.findings.push({ pointer, rule, params });
  }
  private addAll(more: Finding[]): void {
    for (const { pointer, rule, params } of more) this.add(pointer, rule, params);
  }

  private evaluate(schema: Json, data: Json, at: string): void {
    if (this.findings.length >= findingsMax) return;
    if (schema === false) this.add(at, 'false');
    if (!isObject(schema)) return;
    if (typeof schema['$ref'] === 'string') return this.evaluate(valueAt(this.root, schema['$ref'].slice(1))!, data, at);
    this.general(schema, data, at);
    if (typeof data === 'string') this.text(schema, data, at);
    if (isNumber(data)) this.number(schema, data, at);
    if (Array.isArray(data)) this.array(schema, data, at);
    if (isObject(data)) this.object(schema, data, at);
    this.combined(schema, data, at);
  }

  private general({ type, enum: allowed, const: constant }: JsonObject, data: Json, at: string): void {
    if (type !== undefined && !hasOneType(data, type)) this.add(at, 'type', { type });
    if (allowed !== undefined && !list(allowed).some((one) => same(one, data))) this.add(at, 'enum', { allowedValues: allowed });
    if (constant !== undefined && !same(constant, data)) this.add(at, 'const', { allowedValue: constant });
  }

  private limit(s: JsonObject, keyword: string, at: string, broken: (limit: number) => boolean): void {
    const limit = s[keyword];
    if (typeof limit === 'number' && broken(limit)) this.add(at, keyword, { limit });
  }

  private text(s: JsonObject, value: string, at: string): void {
    const length = Array.from(value).length;
    this.limit(s, 'minLength', at, (least) => length < least);
    this.limit(s, 'maxLength', at, (most) => length > most);
    const { pattern, format } = s;
    if (typeof pattern === 'string' && !this.patterns.get(pattern)!.foundIn(value)) this.add(at, 'pattern', { pattern });
    if (typeof format === 'string' && !formats[format]!(value)) this.add(at, `format.${format}`);
  }

  private number(s: JsonObject, value: number, at: string): void {
    this.limit(s, 'minimum', at, (least) => value < least);
    this.limit(s, 'maximum', at, (most) => value > most);
    this.limit(s, 'exclusiveMinimum', at, (least) => value <= least);
    this.limit(s, 'exclusiveMaximum', at, (most) => value >= most);
    const step = s['multipleOf'];
    if (typeof step === 'number' && Math.abs(value / step - Math.round(value / step)) > 1e-9) this.add(at, 'multipleOf', { multipleOf: step });
  }

  private array(s: JsonObject, items: Json[], at: string): void {
    this.limit(s, 'minItems', at, (least) => items.length < least);
    this.limit(s, 'maxItems', at, (most) => items.length > most);
    if (s['uniqueItems'] === true && repeats(items, s['items'])) this.add(at, 'uniqueItems');
    if (s['contains'] !== undefined) this.contains(s['contains'], items, at);
    if (s['items'] !== undefined) items.forEach((item, i) => this.evaluate(s['items']!, item, pointerJoin(at, i)));
  }

  private contains(schema: Json, items: Json[], at: string): void {
    const reasons: Finding[] = [];
    for (const [i, item] of items.entries()) {
      const found = this.aside(schema, item, pointerJoin(at, i));
      if (found.length === 0) return;
      if (reasons.length < findingsMax) reasons.push(...found);
    }
    this.addAll(reasons);
    this.add(at, 'contains');
  }

  private object(s: JsonObject, members: JsonObject, at: string): void {
    const names = Object.keys(members);
    this.limit(s, 'minProperties', at, (least) => names.length < least);
    this.limit(s, 'maxProperties', at, (most) => names.length > most);
    for (const name of list(s['required'])) if (!Object.hasOwn(members, String(name))) this.add(pointerJoin(at, String(name)), 'required');
    const properties = isObject(s['properties']) ? s['properties'] : {};
    for (const [name, schema] of Object.entries(properties)) if (Object.hasOwn(members, name)) this.evaluate(schema, members[name]!, pointerJoin(at, name));
    const additional = s['additionalProperties'];
    if (additional === undefined) return;
    for (const name of names) {
      if (Object.hasOwn(properties, name)) continue;
      if (additional === false) this.add(pointerJoin(at, name), 'additionalProperties');
      else this.evaluate(additional, members[name]!, pointerJoin(at, name));
    }
  }

  private combined(s: JsonObject, data: Json, at: string): void {
    if (s['if'] !== undefined) {
      const branch = s[this.aside(s['if'], data, at).length === 0 ? 'then' : 'else'];
      if (branch !== undefined) this.evaluate(branch, data, at);
    }
    for (const schema of list(s['allOf'])) this.evaluate(schema, data, at);
    if (s['anyOf'] !== undefined) this.choice(list(s['anyOf']), data, at, 'anyOf');
    if (s['oneOf'] !== undefined) this.choice(list(s['oneOf']), data, at, 'oneOf');
    if (s['not'] !== undefined && this.aside(s['not'], data, at).length === 0) this.add(at, 'not');
  }

  private choice(branches: Json[], data: Json, at: string, rule: 'anyOf' | 'oneOf'): void {
    const reasons: Finding[] = [];
    let matching = 0;
    for (const schema of branches) {
      const found = this.aside(schema, data, at);
      if (found.length === 0 && (++matching === 2 || rule === 'anyOf')) break;
      reasons.push(...found);
    }
    if (matching === 1) return;
    this.addAll(reasons);
    this.add(at, rule);
  }
}

// Where items are to be of plain types, those of other types are told as such and compared no further.
function repeats(items: Json[], schema: Json | undefined): boolean {
  const type = isObject(schema) ? schema['type'] : undefined;
  const plain = type !== undefined && !list(type).includes('object') && !list(type).includes('array');
  const compared = plain ? items.filter((item) => hasOneType(item, type)) : items;
  return new Set(compared.map(canonical)).size < compared.length;
}
