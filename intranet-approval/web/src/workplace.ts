// Where one works: the department by its name in the catalogue; who belongs to none of those is known by what he does.
import { computed } from 'vue';
import { useI18n } from 'vue-i18n';
import { useFormat } from './format.ts';
import { me } from './session.ts';

export function useWorkplace() {
  const { t, te } = useI18n();
  const { text } = useFormat();
  return computed(() => {
    if (!me.value) return '';
    const { department, roles } = me.value;
    if (text(department.name) !== department.id) return text(department.name);
    return roles.filter((role) => te(`role.${role}`)).map((role) => t(`role.${role}`)).join(t('app.list_mark')) || department.id;
  });
}
