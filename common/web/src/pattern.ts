// Regular expressions of form schemas, in time linear in the text: the same subset, with the same meaning, as common/catalogue/pattern.hpp. A pattern becomes a
// machine that follows all ways at once, so that no text makes it slow; what one character stands for is left to JavaScript's own classes.
import { JinduError } from './errors.ts';

type Node =
  | { kind: 'character'; test: RegExp }
  | { kind: 'sequence' | 'choice'; parts: Node[] }
  | { kind: 'repeat'; part: Node; least: number; most: number } // most -1: no end
  | { kind: 'begin' | 'end' };

interface State {
  readonly kind: 'character' | 'either' | 'begin' | 'end' | 'match';
  readonly test?: RegExp;
  next: number;
  readonly other: number;
}

const statesMax = 2_000;
const repeatMax = 500;
const groupsMax = 32;
const patternBytesMax = 500;

class Reader {
  private at = 0;
  private readonly text: string[];
  constructor(pattern: string) {
    this.text = Array.from(pattern);
  }

  read(): Node {
    const node = this.choice(0);
    if (this.at < this.text.length) this.fail("')' without '('");
    return node;
  }

  private fail(what: string): never {
    throw new JinduError('schema.pattern', `at character ${this.at + 1}: ${what}`);
  }
  private get next(): string | undefined {
    return this.text[this.at];
  }
  private take(c: string): boolean {
    if (this.next !== c) return false;
    this.at++;
    return true;
  }

  private choice(depth: number): Node {
    if (depth > groupsMax) this.fail('too many groups in groups');
    const parts: Node[] = [];
    do parts.push(this.sequence(depth));
    while (this.take('|'));
    return { kind: 'choice', parts };
  }

  private sequence(depth: number): Node {
    const parts: Node[] = [];
    while (this.next !== undefined && this.next !== '|' && this.next !== ')') parts.push(this.quantified(depth));
    return { kind: 'sequence', parts };
  }

  private quantified(depth: number): Node {
    const part = this.atom(depth);
    let least = 1, most = 1;
    if (this.take('*')) [least, most] = [0, -1];
    else if (this.take('+')) most = -1;
    else if (this.take('?')) least = 0;
    else if (this.take('{')) {
      least = most = this.number();
      if (this.take(',')) most = this.next === '}' ? -1 : this.number();
      if (!this.take('}')) this.fail("'{' begins a quantifier such as {2,5}");
      if (most >= 0 && most < least) this.fail('a quantifier whose end is before its beginning');
    } else return part;
    if (part.kind === 'begin' || part.kind === 'end') this.fail('an anchor cannot be repeated');
    if (this.next !== undefined && '?*+{'.includes(this.next)) this.fail('a quantifier behind a quantifier');
    return { kind: 'repeat', part, least, most };
  }

  private number(): number {
    let written = '';
    while (this.next !== undefined && /[0-9]/.test(this.next)) written += this.text[this.at++];
    if (written === '') this.fail('a number is needed');
    if (Number(written) > repeatMax) this.fail(`at most ${repeatMax} repetitions`);
    return Number(written);
  }

  private atom(depth: number): Node {
    const c = this.text[this.at++]!;
    if (c === '^') return { kind: 'begin' };
    if (c === '$') return { kind: 'end' };
    if (c === '[') return this.character(this.bracket());
    if (c === '\\') return this.character(this.escape(false));
    if (c === '(') {
      if (this.take('?') && !this.take(':')) this.fail('only plain groups and (?:groups) are used here');
      const node = this.choice(depth + 1);
      if (!this.take(')')) this.fail("'(' without ')'");
      return node;
    }
    if ('*+?{}]'.includes(c)) this.fail("this sign needs a '\\' before it");
    return this.character(c === '/' ? '\\/' : c);
  }

  // `source` is one character, escape, class or dot, whose meaning in JavaScript with the flag u is the meaning here.
  private character(source: string): Node {
    try {
      return { kind: 'character', test: new RegExp(`^${source}$`, 'u') };
    } catch {
      return this.fail('this is no character');
    }
  }

  private escape(inBracket: boolean): string {
    const c = this.text[this.at++];
    if (c === undefined) this.fail("nothing behind '\\'");
    if ('dDwWsStnrfv'.includes(c) || '^$\\.*+?()[]{}|/'.includes(c) || (inBracket && c === '-')) return `\\${c}`;
    if (c !== 'u') this.fail('this escape is not used here');
    const found = /^(\{[0-9a-fA-F]+\}|[0-9a-fA-F]{4})/.exec(this.text.slice(this.at).join(''));
    if (!found) this.fail('\\u needs the number of a character');
    this.at += found[0].length;
    const value = parseInt(found[0].replace(/[{}]/g, ''), 16);
    if (value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) this.fail('\\u needs the number of a character');
    return `\\u{${value.toString(16)}}`;
  }

  private bracket(): string {
    let source = this.take('^') ? '[^' : '[';
    while (this.next !== undefined && this.next !== ']') {
      const c = this.text[this.at++]!;
      // Signs that only this subset takes as they are get the '\' that JavaScript wants.
      source += c === '\\' ? this.escape(true) : '[^(){}|/$.*+?'.includes(c) ? `\\${c}` : c;
    }
    if (!this.take(']')) this.fail("'[' without ']'");
    return source + ']';
  }
}

export class Pattern {
  private readonly states: State[] = [];
  private readonly start: number;

  // Code schema.pattern.
  constructor(pattern: string) {
    if (new TextEncoder().encode(pattern).length > patternBytesMax) throw new JinduError('schema.pattern', `a pattern has at most ${patternBytesMax} bytes`);
    this.start = this.compile(new Reader(pattern).read(), this.add({ kind: 'match', next: 0, other: 0 }));
  }

  private add(state: State): number {
    if (this.states.length >= statesMax) throw new JinduError('schema.pattern', 'the pattern repeats too much');
    return this.states.push(state) - 1;
  }

  // Makes the states of a node, last part first, so that each knows where it leads.
  private compile(node: Node, next: number): number {
    switch (node.kind) {
      case 'character':
        return this.add({ kind: 'character', test: node.test, next, other: 0 });
      case 'begin':
      case 'end':
        return this.add({ kind: node.kind, next, other: 0 });
      case 'sequence':
        return node.parts.reduceRight((after, part) => this.compile(part, after), next);
      case 'choice':
        return node.parts.map((part) => this.compile(part, next)).reduceRight((other, way) => this.add({ kind: 'either', next: way, other }));
      case 'repeat':
        return this.repeated(node, next);
    }
  }

  private repeated({ part, least, most }: Extract<Node, { kind: 'repeat' }>, behind: number): number {
    let next = behind;
    if (most < 0) {
      next = this.add({ kind: 'either', next: 0, other: behind });
      this.states[next]!.next = this.compile(part, next);
    } else {
      for (let i = least; i < most; i++) next = this.add({ kind: 'either', next: this.compile(part, next), other: behind });
    }
    for (let i = 0; i < least; i++) next = this.compile(part, next);
    return next;
  }

  // Whether the pattern is found anywhere in the text.
  foundIn(text: string): boolean {
    const characters = Array.from(text);
    const seen = new Int32Array(this.states.length).fill(-1);
    let now: number[] = [];
    let matched = false;
    // Follows everything that consumes no character. `seen` holds at which position a state was reached last.
    const reach = (first: number, position: number, list: number[]) => {
      const pending = [first];
      for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
        if (seen[index] === position) continue;
        seen[index] = position;
        const state = this.states[index]!;
        if (state.kind === 'match') matched = true;
        else if (state.kind === 'character') list.push(index);
        else if (state.kind === 'either') pending.push(state.other, state.next);
        else if (state.kind === 'begin' ? position === 0 : position === characters.length) pending.push(state.next);
      }
    };
    for (let at = 0; ; at++) {
      reach(this.start, at, now); // a match may begin anywhere
      if (matched || at >= characters.length) return matched;
      const then: number[] = [];
      for (const index of now) {
        const state = this.states[index]!;
        if (state.test!.test(characters[at]!)) reach(state.next, at + 1, then);
      }
      now = then;
      if (matched) return true;
    }
  }
}
