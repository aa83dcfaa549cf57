// Finds service items by what people type: every word must be found somewhere; a name counts for more than a summary.
import type { ItemSummary } from './service.ts';

const plain = (text: string): string => text.normalize('NFKC').toLowerCase();

export function searchItems(items: readonly ItemSummary[], query: string, audience: '' | 'citizen' | 'company'): ItemSummary[] {
  const words = plain(query).split(/[\s,，、。]+/).filter(Boolean);
  const score = (item: ItemSummary): number => {
    const name = plain(`${item.name.zh} ${item.name.en} ${item.code}`), rest = plain(`${item.summary.zh} ${item.summary.en} ${item.department.name.zh} ${item.department.name.en}`);
    return words.reduce((sum, word) => (sum < 0 ? sum : name.includes(word) ? sum + 10 : rest.includes(word) ? sum + 3 : scattered(name, word) ? sum + 1 : -1), 0);
  };
  return items.filter((item) => !audience || item.audience.includes(audience)).map((item, i) => ({ item, i, points: score(item) })).filter(({ points }) => points >= 0)
    .sort((a, b) => b.points - a.points || a.i - b.i).map(({ item }) => item);
}

// Chinese is written without spaces and people leave words out: 食品许可 finds 食品经营许可. Only for words of Han characters.
function scattered(text: string, word: string): boolean {
  if (!/^\p{sc=Han}{2,}$/u.test(word)) return false;
  let at = -1;
  return Array.from(word).every((c) => (at = text.indexOf(c, at + 1)) >= 0);
}
