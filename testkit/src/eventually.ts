/** Waits for something to become true by looking, never by guessing how long it takes. */
export async function eventually<T>(
  what: string,
  look: () => T | Promise<T>,
  limitMs = 30_000,
  everyMs = 50,
): Promise<Exclude<T, false | null | undefined>> {
  const until = performance.now() + limitMs;
  let last: unknown;
  do {
    try {
      const found = await look();
      if (found) return found as Exclude<T, false | null | undefined>; // truthy, which the compiler cannot carry over
      last = found;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  } while (performance.now() < until);
  throw new Error(`${what}: not within ${limitMs} ms (last: ${last instanceof Error ? last.message : JSON.stringify(last)})`);
}
