import { describe, expect, it } from 'vitest';
import { searchItems } from '../src/search.ts';
import type { ItemSummary } from '../src/service.ts';

const item = (id: string, zh: string, en: string, summary: string, audience: ('citizen' | 'company')[] = ['citizen', 'company']): ItemSummary => ({
  id, version: 1, code: `0001310${id.length}`, name: { zh, en }, summary: { zh: summary, en: '' }, audience, limits: { statutory_working_days: 20, promised_working_days: 10 },
  department: { id: 'd', code: '0001', name: { zh: '津渡市城市管理局', en: 'Jindu Urban Management Bureau' } },
});
const items = [
  item('road', '占用挖掘城市道路许可', 'Permit to occupy a city road', '临时占用或者因工程建设需要挖掘城市道路'),
  item('food', '食品经营许可', 'Food business licence', '从事食品销售、餐饮服务'),
  item('advert', '户外广告设置许可', 'Permit for outdoor advertising', '在城市建筑物、设施上设置大型户外广告'),
  item('agency', '人力资源服务许可', 'Human resources licence', '从事职业中介活动', ['company']),
];
const found = (query: string, audience: '' | 'citizen' | 'company' = '') => searchItems(items, query, audience).map(({ id }) => id);

describe('the search for items', () => {
  it('gives all of them, in their order, when nothing is typed', () => {
    expect(found('')).toEqual(['road', 'food', 'advert', 'agency']);
    expect(found('  ，、 ')).toEqual(['road', 'food', 'advert', 'agency']);
  });
  it('demands every word', () => {
    expect(found('许可 餐饮')).toEqual(['food']);
    expect(found('许可 飞机')).toEqual([]);
  });
  it('puts a name before a summary or a department', () => {
    expect(found('城市')).toEqual(['road', 'food', 'advert', 'agency']);
    expect(found('道路')).toEqual(['road']);
    expect(found('广告 设施')).toEqual(['advert']);
  });
  it('forgives left out characters of Chinese, in their order, and nothing of the kind in Latin letters', () => {
    expect(found('食品许可')).toEqual(['food']);
    expect(found('许可食品')).toEqual([]);
    expect(found('fbl')).toEqual([]);
  });
  it('knows no difference between cases and widths, and finds English and codes', () => {
    expect(found('ＦＯＯＤ')).toEqual(['food']);
    expect(found('Advertising')).toEqual(['advert']);
    expect(found('00013106')).toEqual(['advert', 'agency']);
  });
  it('leaves out what is not for this kind of applicant', () => {
    expect(found('', 'citizen')).toEqual(['road', 'food', 'advert']);
    expect(found('人力', 'citizen')).toEqual([]);
    expect(found('人力', 'company')).toEqual(['agency']);
  });
});
