// What a service item's form looks like to people: sections of fields with labels in both languages, made from its JSON schema and `ui` (docs/formats.md, "Catalogue").
// Which fields apply just now follows from the schema's if, then and else: a field that only a branch speaks of is shown while that branch holds.
import { type Finding, FormSchema, type Json, pointerJoin, pointerParts, type Schema, valueAt } from './forms.ts';

export type JsonObject = { [member: string]: Json };
export interface Text {
  readonly zh: string;
  readonly en: string;
}
export interface FormUi {
  readonly sections: readonly { readonly title: Text; readonly fields: readonly string[] }[];
  readonly labels: Readonly<Record<string, Text>>;
  readonly help?: Readonly<Record<string, Text>>;
  readonly enums?: Readonly<Record<string, Readonly<Record<string, Text>>>>;
}

export type FieldKind = 'text' | 'long-text' | 'number' | 'integer' | 'yes-no' | 'choice' | 'choices' | 'date' | 'rows' | 'list' | 'group';
export interface Option {
  readonly value: Json;
  readonly label: Text;
}
export interface Field {
  readonly template: string; // pointer with * for the number of a row
  readonly name: string;
  readonly kind: FieldKind;
  readonly schema: JsonObject;
  readonly format: string;
  readonly label: Text;
  readonly help: Text | undefined;
  readonly options: readonly Option[];
  readonly fields: readonly Field[]; // of a row, or of a group
}
export interface Section {
  readonly title: Text;
  readonly fields: readonly Field[];
}

const isObject = (value: Json | undefined): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);
const longText = 120; // characters; beyond, several lines are offered

export const templateOf = (pointer: string): string => pointerParts(pointer).map((part) => `/${/^(0|[1-9][0-9]*)$/.test(part) ? '*' : part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
const parentOf = (pointer: string): string => pointer.slice(0, pointer.lastIndexOf('/'));
const nameOf = (pointer: string): string => pointerParts(pointer).at(-1) ?? '';
const textOfName = (name: string): Text => ({ zh: name, en: name });

interface Branch {
  readonly condition: FormSchema;
  readonly then: Mentioned;
  readonly otherwise: Mentioned;
}
// What a branch speaks of, and what of it is demanded.
interface Mentioned {
  readonly names: ReadonlySet<string>;
  readonly required: ReadonlySet<string>;
}
interface Shape {
  readonly required: ReadonlySet<string>;
  readonly branches: readonly Branch[];
  readonly conditional: ReadonlySet<string>;
}

export class FormModel {
  readonly sections: readonly Section[];
  readonly fields: ReadonlyMap<string, Field>; // by template
  readonly schema: FormSchema;
  private readonly root: JsonObject;
  private readonly shapes = new Map<string, Shape>();

  constructor(schema: Schema, private readonly ui: FormUi) {
    this.schema = new FormSchema(schema);
    this.root = isObject(schema as Json) ? (schema as JsonObject) : {};
    const fields = new Map<string, Field>();
    const keep = (field: Field): Field => {
      fields.set(field.template, field);
      field.fields.forEach(keep);
      return field;
    };
    this.sections = ui.sections.map(({ title, fields: pointers }) => ({ title, fields: pointers.map((pointer) => keep(this.fieldOf(pointer, this.schemaAt(pointer)))) }));
    this.fields = fields;
  }

  // Follows references.
  private resolved(schema: Json | undefined): JsonObject {
    let found = schema;
    for (let i = 0; i < 32 && isObject(found) && typeof found['$ref'] === 'string'; i++) found = valueAt(this.root, found['$ref'].slice(1));
    return isObject(found) ? found : {};
  }
  // The schema that describes what a template leads to.
  private schemaAt(template: string): JsonObject {
    return pointerParts(template).reduce<JsonObject>((schema, part) => this.resolved(part === '*' ? schema['items'] : isObject(schema['properties']) ? schema['properties'][part] : undefined), this.root);
  }

  private fieldOf(template: string, schema: JsonObject): Field {
    const kind = this.kindOf(schema);
    const inner = kind === 'rows' ? this.resolved(schema['items']) : kind === 'group' ? schema : undefined;
    const below = kind === 'rows' ? `${template}/*` : template;
    const properties = isObject(inner?.['properties']) ? inner['properties'] : {};
    const values = kind === 'choice' ? schema['enum'] : kind === 'choices' ? this.resolved(schema['items'])['enum'] : [];
    const texts = this.ui.enums?.[kind === 'choices' ? `${template}/*` : template] ?? {};
    return {
      template,
      name: nameOf(template),
      kind,
      schema,
      format: typeof schema['format'] === 'string' ? schema['format'] : '',
      label: this.ui.labels[template] ?? textOfName(nameOf(template)),
      help: this.ui.help?.[template],
      options: (Array.isArray(values) ? values : []).map((value) => ({ value, label: texts[String(value)] ?? textOfName(String(value)) })),
      fields: Object.entries(properties).map(([name, one]) => this.fieldOf(pointerJoin(below, name), this.resolved(one))),
    };
  }
  private kindOf(schema: JsonObject): FieldKind {
    const types = Array.isArray(schema['type']) ? schema['type'] : [schema['type']];
    if (Array.isArray(schema['enum'])) return 'choice';
    if (types.includes('array')) {
      const items = this.resolved(schema['items']);
      return Array.isArray(items['enum']) ? 'choices' : isObject(items['properties']) ? 'rows' : 'list';
    }
    if (types.includes('object')) return 'group';
    if (types.includes('boolean')) return 'yes-no';
    if (types.includes('integer')) return 'integer';
    if (types.includes('number')) return 'number';
    if (schema['format'] === 'date') return 'date';
    return typeof schema['maxLength'] === 'number' && schema['maxLength'] > longText * 2 ? 'long-text' : 'text';
  }

  // The rules for the members of the object at a template.
  private shapeAt(template: string): Shape {
    const known = this.shapes.get(template);
    if (known) return known;
    const schema = this.schemaAt(template);
    const parts = [schema, ...(Array.isArray(schema['allOf']) ? schema['allOf'].map((one) => this.resolved(one)) : [])];
    const branches = parts.filter((part) => part['if'] !== undefined).map((part) => ({
      // The condition may use the definitions of the whole.
      condition: new FormSchema(isObject(part['if']) && this.root['definitions'] ? { ...part['if'], definitions: this.root['definitions'] } : (part['if'] as Schema)),
      then: this.mentioned(part['then']),
      otherwise: this.mentioned(part['else']),
    }));
    const required = new Set(parts.flatMap((part) => (Array.isArray(part['required']) ? part['required'].map(String) : [])));
    const conditional = new Set(branches.flatMap(({ then, otherwise }) => [...then.names, ...otherwise.names]).filter((name) => !required.has(name)));
    const shape = { required, branches, conditional };
    this.shapes.set(template, shape);
    return shape;
  }
  private mentioned(schema: Json | undefined): Mentioned {
    const { required, properties } = this.resolved(schema);
    const demanded = new Set(Array.isArray(required) ? required.map(String) : []);
    return { required: demanded, names: new Set([...demanded, ...(isObject(properties) ? Object.keys(properties) : [])]) };
  }
  private active(shape: Shape, value: JsonObject): Mentioned[] {
    return shape.branches.map(({ condition, then, otherwise }) => (condition.satisfiedBy(value) ? then : otherwise));
  }

  // Whether the field at a pointer applies to `data`, which is what prune() gave.
  isShown(data: Json, pointer: string): boolean {
    const shape = this.shapeAt(templateOf(parentOf(pointer)));
    const name = nameOf(pointer);
    if (!shape.conditional.has(name)) return true;
    return this.active(shape, this.objectAt(data, parentOf(pointer))).some(({ names }) => names.has(name));
  }
  isRequired(data: Json, pointer: string): boolean {
    const shape = this.shapeAt(templateOf(parentOf(pointer)));
    const name = nameOf(pointer);
    return shape.required.has(name) || this.active(shape, this.objectAt(data, parentOf(pointer))).some(({ required }) => required.has(name));
  }
  private objectAt(data: Json, pointer: string): JsonObject {
    const value = valueAt(data, pointer);
    return isObject(value) ? value : {};
  }

  // What is submitted of what was typed: without what is empty, and without what does not apply. A field that is hidden may hide others, so it goes on until nothing changes.
  prune(typed: Json): JsonObject {
    let data: Json = this.withoutEmpty(typed, '') ?? {};
    for (let round = 0; round < 16; round++) {
      const next = this.withoutHidden(data, '');
      if (JSON.stringify(next) === JSON.stringify(data)) break;
      data = next;
    }
    return data as JsonObject;
  }
  private withoutEmpty(value: Json | undefined, template: string): Json | undefined {
    if (typeof value === 'string') return value.trim() === '' ? undefined : value.trim();
    if (Array.isArray(value)) {
      const rows = value.flatMap((one): Json[] => {
        const kept = this.withoutEmpty(one, `${template}/*`);
        return kept !== undefined ? [kept] : isObject(one) ? [{}] : [];
      });
      return rows.length > 0 || value.length > 0 ? rows : undefined;
    }
    if (!isObject(value)) return value ?? undefined;
    const members = Object.entries(value).flatMap(([name, one]): [string, Json][] => {
      const kept = this.withoutEmpty(one, pointerJoin(template, name));
      return kept === undefined ? [] : [[name, kept]];
    });
    return members.length > 0 || template === '' ? Object.fromEntries(members) : undefined;
  }
  private withoutHidden(value: Json, template: string): Json {
    if (Array.isArray(value)) return value.map((one) => this.withoutHidden(one, `${template}/*`));
    if (!isObject(value)) return value;
    const shape = this.shapeAt(template);
    const active = this.active(shape, value);
    return Object.fromEntries(Object.entries(value)
      .filter(([name]) => !shape.conditional.has(name) || active.some(({ names }) => names.has(name)))
      .map(([name, one]) => [name, this.withoutHidden(one, pointerJoin(template, name))]));
  }

  // In the order in which people meet the fields.
  check(pruned: Json): Finding[] {
    const order = new Map([...this.fields.keys()].map((template, i) => [template, i]));
    const place = ({ pointer }: Finding): number => {
      for (let at = templateOf(pointer); at !== ''; at = parentOf(at)) if (order.has(at)) return order.get(at)!;
      return -1;
    };
    const row = ({ pointer }: Finding): number => Number(pointerParts(pointer).find((part) => /^[0-9]+$/.test(part)) ?? -1);
    const top = ({ pointer }: Finding): string => pointerParts(pointer)[0] ?? '';
    return this.schema.check(pruned).map((finding, i) => ({ finding, i })).sort((a, b) =>
      (top(a.finding) === top(b.finding) ? row(a.finding) - row(b.finding) : 0) || place(a.finding) - place(b.finding) || a.i - b.i).map(({ finding }) => finding);
  }

  // The field a pointer leads to, or the nearest one around it.
  fieldAt(pointer: string): Field | undefined {
    for (let at = templateOf(pointer); at !== ''; at = parentOf(at)) {
      const field = this.fields.get(at);
      if (field) return field;
    }
    return undefined;
  }
  labelOf(pointer: string): Text {
    return this.ui.labels[templateOf(pointer)] ?? this.fieldAt(pointer)?.label ?? textOfName(nameOf(pointer));
  }
}

// A copy of `data` with another value at a pointer; objects and lists on the way are made. undefined removes.
export function withValue(data: Json, pointer: string, value: Json | undefined): Json {
  const put = (at: Json | undefined, parts: readonly string[]): Json | undefined => {
    const [part, ...rest] = parts;
    if (part === undefined) return value;
    if (Array.isArray(at)) {
      const copy = [...at], index = Number(part), inner = put(at[index], rest);
      if (inner === undefined) copy.splice(index, 1);
      else copy[index] = inner;
      return copy;
    }
    const { [part]: old, ...others } = isObject(at) ? at : {};
    const inner = put(old, rest);
    if (inner === undefined) return others;
    return isObject(at) && Object.hasOwn(at, part) ? { ...at, [part]: inner } : { ...others, [part]: inner };
  };
  return put(data, pointerParts(pointer)) ?? null;
}
