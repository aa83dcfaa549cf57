// The string formats of forms beyond draft-07, exactly as common/catalogue/identifiers.cpp checks them. tests/vectors/forms/README.md.

const digits = /^[0-9]+$/;

// A day that exists, YYYY-MM-DD, of the proleptic Gregorian calendar.
export function isDate(text: string): boolean {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text)) return false;
  const [year, month, day] = text.split('-').map(Number) as [number, number, number];
  if (month < 1 || month > 12 || day < 1) return false;
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return day <= [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]!;
}

// GB 11643: region, a birth date that exists, check digit (ISO 7064 MOD 11-2).
export function isResidentId(text: string): boolean {
  if (text.length !== 18 || !digits.test(text.slice(0, 17)) || text[0] === '0') return false;
  if (!isDate(`${text.slice(6, 10)}-${text.slice(10, 12)}-${text.slice(12, 14)}`) || text.slice(6, 10) < '1800') return false;
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  const sum = weights.reduce((total, weight, i) => total + weight * Number(text[i]), 0);
  return text[17] === '10X98765432'[sum % 11];
}

// GB 32100: unified social credit code, check character modulo 31.
export function isUscc(text: string): boolean {
  const alphabet = '0123456789ABCDEFGHJKLMNPQRTUWXY';
  if (text.length !== 18 || !digits.test(text.slice(2, 8))) return false;
  let weight = 1, sum = 0;
  for (const c of text.slice(0, 17)) {
    const value = alphabet.indexOf(c);
    if (value < 0) return false;
    sum += value * weight;
    weight = (weight * 3) % 31;
  }
  return text[17] === alphabet[(31 - (sum % 31)) % 31];
}

export const isCnMobile = (text: string): boolean => /^1[3-9][0-9]{9}$/.test(text);
export const isCnPhone = (text: string): boolean => isCnMobile(text) || /^(010|02[0-9]|0[3-9][0-9]{2})-?[0-9]{7,8}(-[0-9]{1,6})?$/.test(text);
export const isCnPostcode = (text: string): boolean => /^[0-9]{6}$/.test(text);

export function isEmail(text: string): boolean {
  if (text.length > 254 || !/^[!-~]+$/.test(text) || /[()<>,;:\\"[\]]/.test(text)) return false;
  const parts = text.split('@');
  if (parts.length !== 2) return false;
  const [local, domain] = parts as [string, string];
  return local.length >= 1 && local.length <= 64 && domain.includes('.') && !domain.startsWith('.') && !domain.endsWith('.') && !domain.includes('..');
}

export const formats: Readonly<Record<string, (text: string) => boolean>> = Object.freeze({
  __proto__: null,
  'resident-id': isResidentId, uscc: isUscc, 'cn-mobile': isCnMobile, 'cn-phone': isCnPhone, 'cn-postcode': isCnPostcode, date: isDate, email: isEmail,
} as unknown as Record<string, (text: string) => boolean>);
