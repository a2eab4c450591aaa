/** What was chosen here earlier; storage may be forbidden. */
export function remembered(name: string): string | null {
  try {
    return localStorage.getItem(`ankang-${name}`);
  } catch {
    return null;
  }
}

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(`ankang-${name}`, value);
  } catch {
    // Then it holds until the page is closed.
  }
}
