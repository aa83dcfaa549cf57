// What the world can do to us: a stable, dotted code, which interfaces translate under problems.<code>, and a detail in English for logs.
export class JinduError extends Error {
  override readonly name = 'JinduError';
  constructor(
    readonly code: string,
    detail: string,
    readonly field?: string,
    options?: ErrorOptions,
  ) {
    super(detail, options);
  }
}

export const codeOf = (error: unknown): string => (error instanceof JinduError ? error.code : 'unexpected');

// Runs what a library may throw in, and says it in our words.
export async function orRefuse<T>(code: string, detail: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof JinduError) throw cause;
    throw new JinduError(code, detail, undefined, { cause });
  }
}
