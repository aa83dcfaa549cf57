import { describe, expect, it } from 'vitest';
import { passwordMin, strengthOf } from '../src/password.ts';

describe('the strength of a password', () => {
  it('is none below ten characters, whatever they are', () => {
    expect(strengthOf('aB3$xZ9!q')).toBe(0);
    expect('aB3$xZ9!q'.length).toBe(passwordMin - 1);
  });
  it('grows with length and with different kinds of characters', () => {
    const growing = ['tqmvzkwprx', 'tqmvzkwprxh', 'tqmvzKwprxh7f', 'tqmv zKwp rxh7 fdjs'].map((one) => strengthOf(one));
    expect([...growing].sort()).toEqual(growing);
    expect(growing[0]).toBeLessThan(3);
    expect(growing.at(-1)).toBe(3);
  });
  it('counts words of Chinese, which are many', () => {
    expect(strengthOf('江南 渡口 1984 纸船')).toBe(3);
  });
  it('is none for what repeats or runs on', () => {
    for (const weak of ['aaaaaaaaaaaaaaaa', 'abcdefghijklmnop', '98765432109876', '一一一一一一一一一一一一']) expect(strengthOf(weak), weak).toBe(0);
  });
  it('is none for what everybody takes, however it is written', () => {
    for (const weak of ['Password123456', 'qwerty5201314', 'iloveyou111111', 'PASSW0RDpassw0rd']) expect(strengthOf(weak), weak).toBe(0);
  });
  it('counts nothing of what is known of the person', () => {
    expect(strengthOf('1391234567812', ['13912345678'])).toBe(0);
    expect(strengthOf('lin-xiaozhou-k7', [])).toBeGreaterThan(strengthOf('lin-xiaozhou-k7', ['lin', 'xiaozhou']));
  });
  it('is the same for the same text on different keyboards', () => {
    expect(strengthOf('ｔｑｍｖ ｚｋｗｐ ７ｒｘ')).toBe(strengthOf('ｔｑｍｖ ｚｋｗｐ ７ｒｘ'.normalize('NFKC')));
  });
});
