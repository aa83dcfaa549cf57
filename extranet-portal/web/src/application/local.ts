// Drafts that a browser keeps by itself for a while.
const localPlace = (declaration: string): string => `jindu.draft.${declaration}`;

// Kept in this browser while the portal cannot be reached. It is sealed, so it tells others nothing; where there is no room, it is not kept.
export function keepLocally(declaration: string, sealed: string): boolean {
  try {
    localStorage.setItem(localPlace(declaration), sealed);
    return true;
  } catch {
    return false;
  }
}
export function forgetLocally(declaration: string): void {
  try {
    localStorage.removeItem(localPlace(declaration));
  } catch {
    // Nothing was kept.
  }
}
export function keptLocally(declaration: string): string | undefined {
  try {
    return localStorage.getItem(localPlace(declaration)) ?? undefined;
  } catch {
    return undefined;
  }
}
