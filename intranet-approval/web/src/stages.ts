// Stages that every procedure has; items may name others of their own.
export const knownStages = ['acceptance', 'initial_review', 're_review', 'determination', 'notification'] as const;

export const stageOrder = (code: string): number => {
  const at = (knownStages as readonly string[]).indexOf(code);
  return at < 0 ? 2.5 : at; // stages of an item's own lie among the reviews
};
export const stageName = (code: string, t: (key: string) => string, te: (key: string) => boolean): string => (te(`stage.${code}`) ? t(`stage.${code}`) : code);
