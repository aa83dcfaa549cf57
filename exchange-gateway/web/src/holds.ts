import { ElMessage } from 'element-plus';
import type { ShallowRef } from 'vue';
import { useI18n } from 'vue-i18n';
import type { Act } from './components/ReasonDialog.vue';
import { service } from './service.ts';
import { look } from './session.ts';

// A releaser's word about a held bundle, with what became of it: done, or waiting for a second person.
export function useHolds(act: ShallowRef<Act | undefined>, after: () => Promise<void>): (verb: 'release' | 'refuse', id: string) => void {
  const { t } = useI18n();
  return (verb, id) => {
    act.value = {
      title: t(`act.${verb}`), what: t(`act.${verb}_what`), about: id, confirm: t(`act.${verb}`), grave: verb === 'refuse',
      work: async (reason) => {
        const decided = await service.post(verb === 'release' ? '/api/v1/bundles/{id}/release' : '/api/v1/bundles/{id}/refuse', { path: { id }, json: { reason } });
        await Promise.all([after(), look()]);
        ElMessage({ type: decided.done ? 'success' : 'info', message: decided.done ? t('act.done') : t('act.noted', { said: decided.said, needed: decided.needed }), duration: 5_000 });
      },
    };
  };
}
