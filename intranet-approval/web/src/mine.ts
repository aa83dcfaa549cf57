// How many cases wait for this very official; shown wherever he is.
import { ref } from 'vue';
import { service } from './service.ts';

export const mineCount = ref(0);

export async function countMine(): Promise<void> {
  mineCount.value = (await service.get('/api/v1/worklist', { query: { scope: 'mine', limit: 1 } })).total;
}
