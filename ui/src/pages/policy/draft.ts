/** The YAML that is being tried: it survives going to another page and back, and ends with the browser's session. */

const KEY = "seawall.policy.preview";

export function keepDraft(text: string): void {
  sessionStorage.setItem(KEY, text);
}

export function keptDraft(): string {
  return sessionStorage.getItem(KEY) ?? "";
}
