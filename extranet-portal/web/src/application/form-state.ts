// A form that is being filled in: what was typed, what of it applies, and which findings the person has met so far. A field complains once it was left, not while it
// is first typed into; all complain after an attempt to go on.
import type { FormModel, JsonObject } from '@common/form-model.ts';
import { withValue } from '@common/form-model.ts';
import { type Finding, type Json, valueAt } from '@common/forms.ts';
import { computed, type InjectionKey, reactive, ref, shallowRef, type ComputedRef } from 'vue';

export interface FormState {
  readonly model: FormModel;
  value(pointer: string): Json | undefined;
  set(pointer: string, value: Json | undefined): void;
  isShown(pointer: string): boolean;
  isRequired(pointer: string): boolean;
  leave(pointer: string): void;
  // What to tell at a field now.
  finding(pointer: string): Finding | undefined;
  removeRow(pointer: string, row: number): void;
}
export const formKey: InjectionKey<FormState> = Symbol('form');

export interface FilledForm extends FormState {
  readonly typed: ComputedRef<JsonObject>;
  readonly pruned: ComputedRef<JsonObject>;
  readonly findings: ComputedRef<Finding[]>;
  tellAll(): void;
  replace(data: JsonObject): void;
}

export function useForm(model: FormModel, initial: JsonObject, changed: () => void): FilledForm {
  const data = shallowRef<JsonObject>(initial);
  const left = reactive(new Set<string>()), all = ref(false);
  const pruned = computed(() => model.prune(data.value));
  const findings = computed(() => model.check(pruned.value));
  const told = computed(() => {
    const map = new Map<string, Finding>();
    for (const finding of findings.value) if (!map.has(finding.pointer)) map.set(finding.pointer, finding);
    return map;
  });
  return {
    model, pruned, findings,
    typed: computed(() => data.value),
    value: (pointer) => valueAt(data.value, pointer),
    set: (pointer, value) => {
      data.value = withValue(data.value, pointer, value) as JsonObject;
      changed();
    },
    isShown: (pointer) => model.isShown(pruned.value, pointer),
    isRequired: (pointer) => model.isRequired(pruned.value, pointer),
    leave: (pointer) => void left.add(pointer),
    finding: (pointer) => (all.value || left.has(pointer) ? told.value.get(pointer) : undefined),
    removeRow: (pointer, row) => {
      data.value = withValue(data.value, `${pointer}/${row}`, undefined) as JsonObject;
      // The rows behind it move up, and what was met in them moves along.
      const prefix = `${pointer}/`;
      for (const one of [...left].filter((at) => at.startsWith(prefix))) {
        left.delete(one);
        const [number, ...rest] = one.slice(prefix.length).split('/');
        if (Number(number) !== row) left.add(`${prefix}${Number(number) > row ? Number(number) - 1 : number}${rest.map((part) => `/${part}`).join('')}`);
      }
      changed();
    },
    tellAll: () => {
      all.value = true;
    },
    replace: (next) => {
      data.value = next;
    },
  };
}

// The element of a field, for labels, and for the way from a finding to its field.
export const fieldId = (pointer: string): string => `f${pointer.replaceAll('/', '-').replace(/[^\w-]/g, '_')}`;
