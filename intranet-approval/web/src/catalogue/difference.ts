// What a proposed catalogue changes against the one in force, named by what people call it and not by its place in a list.
import type { Json } from '@common/forms.ts';
import { pointerJoin } from '@common/forms.ts';

export type Kind = 'added' | 'removed' | 'changed';
export interface Change {
  readonly part: 'item' | 'department' | 'calendar' | 'catalogue';
  readonly id: string; // of the item, department or year
  readonly kind: Kind;
  readonly details: readonly Detail[]; // of a change: what within it
}
export interface Detail {
  readonly pointer: string; // within the part; entries of lists by their code where they have one
  readonly kind: Kind;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

type Members = { [name: string]: Json };
const isObject = (value: Json | undefined): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value);
const list = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);
const equal = (a: Json | undefined, b: Json | undefined): boolean => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
function sorted(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map((one) => sorted(one)!);
  if (isObject(value)) return Object.fromEntries(Object.keys(value).sort().map((name) => [name, sorted(value[name])!]));
  return value;
}

// Entries of a list are the same where their id or code is; otherwise where their place is.
function named(entries: readonly Json[]): Map<string, Json> | undefined {
  const names = entries.map((one) => (isObject(one) ? one['id'] ?? one['code'] : undefined));
  if (names.some((name) => typeof name !== 'string') || new Set(names).size < names.length) return undefined;
  return new Map(entries.map((one, i) => [names[i] as string, one]));
}

function details(before: Json | undefined, after: Json | undefined, at: string, found: Detail[]): void {
  if (equal(before, after)) return;
  if (before === undefined || after === undefined) {
    found.push({ pointer: at, kind: before === undefined ? 'added' : 'removed', before, after });
    return;
  }
  if (isObject(before) && isObject(after)) {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) details(before[name], after[name], pointerJoin(at, name), found);
    return;
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const [old, now] = [named(before), named(after)];
    if (old && now && old.size + now.size > 0) {
      for (const name of new Set([...old.keys(), ...now.keys()])) details(old.get(name), now.get(name), pointerJoin(at, name), found);
      const kept = [...old.keys()].filter((name) => now.has(name));
      if (kept.join('\n') !== [...now.keys()].filter((name) => old.has(name)).join('\n')) found.push({ pointer: at, kind: 'changed', before: [...old.keys()], after: [...now.keys()] });
      return;
    }
  }
  found.push({ pointer: at, kind: 'changed', before, after });
}

function compare(part: Change['part'], before: Map<string, Json>, after: Map<string, Json>): Change[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((id): Change[] => {
    const [old, now] = [before.get(id), after.get(id)];
    if (equal(old, now)) return [];
    const found: Detail[] = [];
    if (old !== undefined && now !== undefined) details(old, now, '', found);
    return [{ part, id, kind: old === undefined ? 'added' : now === undefined ? 'removed' : 'changed', details: found }];
  });
}

const byId = (entries: Json | undefined): Map<string, Json> => new Map(list(entries).map((one, i) => [isObject(one) && typeof one['id'] === 'string' ? one['id'] : `#${i}`, one]));
const years = (catalogue: Members): Map<string, Json> => {
  const calendar = catalogue['calendar'];
  const all = isObject(calendar) ? calendar['years'] : undefined;
  return new Map(isObject(all) ? Object.entries(all) : []);
};

export function differences(before: Json, after: Json): Change[] {
  const [old, now] = [isObject(before) ? before : {}, isObject(after) ? after : {}];
  const known = ['serial', 'items', 'departments', 'calendar'];
  const rest = (catalogue: Members) => new Map(Object.entries(catalogue).filter(([name]) => !known.includes(name)));
  return [
    ...compare('item', byId(old['items']), byId(now['items'])),
    ...compare('department', byId(old['departments']), byId(now['departments'])),
    ...compare('calendar', years(old), years(now)),
    ...compare('catalogue', rest(old), rest(now)),
  ];
}

// A version that was published stays as it was, because dossiers are pinned to it: what changes needs a higher one.
export function unraisedVersions(before: Json, after: Json): { id: string; version: number }[] {
  const [old, now] = [isObject(before) ? byId(before['items']) : new Map<string, Json>(), isObject(after) ? byId(after['items']) : new Map<string, Json>()];
  return [...now].flatMap(([id, item]) => {
    const past = old.get(id);
    if (!isObject(past) || !isObject(item) || equal(past, item) || typeof past['version'] !== 'number') return [];
    return typeof item['version'] === 'number' && item['version'] > past['version'] ? [] : [{ id, version: past['version'] }];
  });
}
