import type { Material } from '../service.ts';

// As the service decides it: what was not found harmless is not handed out.
export const verdictsOf = (m: Material): string[] => m.verdict.split(',').map((one) => one.trim()).filter(Boolean);
export const isReleased = (m: Material): boolean => m.verdict === 'clean' || m.verdict === 'unscanned';
export const isShown = (m: Material): boolean => ['application/pdf', 'image/jpeg', 'image/png'].includes(m.detected_type);
