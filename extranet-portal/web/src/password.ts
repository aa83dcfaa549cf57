// How hard a password is to guess, in rough orders of magnitude: its alphabet and length, less what repeats, runs on, or is what everybody takes.
const common = ['password', 'passw0rd', 'qwerty', 'asdfgh', 'zxcvbn', '1q2w3e', 'qazwsx', 'woaini', 'iloveyou', 'admin', 'letmein', 'welcome', 'abc123', '123456', '111111', '000000', '5201314', '654321', 'a123456'];
export type Strength = 0 | 1 | 2 | 3; // too weak, fair, good, strong
export const passwordMin = 10;

export function strengthOf(password: string, personal: readonly string[] = []): Strength {
  const characters = Array.from(password.normalize('NFKC'));
  let lowered = characters.join('').toLowerCase();
  for (const known of [...personal.map((one) => one.toLowerCase()).filter((one) => one.length >= 2), ...common]) lowered = lowered.replaceAll(known, '\u0001');
  // A character that follows from the one before it tells nothing new: the same, or its neighbour.
  const telling = Array.from(lowered).filter((c, i, all) => i === 0 || Math.abs(c.codePointAt(0)! - all[i - 1]!.codePointAt(0)!) > 1);
  const kinds: [RegExp, number][] = [[/[a-z]/, 26], [/[A-Z]/, 26], [/[0-9]/, 10], [/[ -/:-@[-`{-~]/, 33], [/[^\x20-\x7e]/, 3000]];
  const alphabet = kinds.reduce((size, [pattern, count]) => size + (pattern.test(password) ? count : 0), 0);
  const bits = telling.length * Math.log2(Math.max(2, alphabet));
  if (characters.length < passwordMin || bits < 40) return 0;
  return bits < 52 ? 1 : bits < 68 ? 2 : 3;
}
