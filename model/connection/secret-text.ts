/** Shapes of well-known secrets. The words name the kind, for messages; the secret itself is never shown. */
const shapes: readonly { readonly kind: string; readonly pattern: RegExp }[] = [
  { kind: 'a private key (PEM)', pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*-----|$)/g },
  { kind: 'a JSON web token', pattern: /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*/g },
  { kind: 'an API key', pattern: /[srp]k_(?:live|test)_[A-Za-z0-9]{4,}/g },
  { kind: 'a webhook secret', pattern: /\bwhsec_[A-Za-z0-9+/=_-]{8,}/g },
  { kind: 'a GitHub token', pattern: /\b(?:gh[opusr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})/g },
  { kind: 'a GitLab token', pattern: /\bglpat-[A-Za-z0-9_-]{16,}/g },
  { kind: 'a Slack token', pattern: /\bxox[abeoprs]-[A-Za-z0-9-]{8,}/g },
  { kind: 'an AWS access key', pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g },
  { kind: 'a Google API key', pattern: /\bAIza[A-Za-z0-9_-]{30,}/g },
  { kind: 'a SendGrid key', pattern: /\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}/g },
  { kind: 'a bearer token', pattern: /\b[Bb]earer\s+[A-Za-z0-9._~+/-]{16,}=*/g },
  { kind: 'a password', pattern: /(?<=\b[a-z][a-z0-9+.-]*:\/\/[^\s/?#:@]*:)[^\s/?#@]+(?=@)/gi },
];

/** What every shape begins with or holds: most texts have none of it, and one look is cheaper than a dozen. */
const hint =
  /-----BEGIN|eyJ|k_live_|k_test_|whsec_|gh[opusr]_|github_pat_|glpat-|xox|AKIA|ASIA|AIza|SG\.|[Bb]earer\s|:\/\//;

/** Says what kind of secret the text holds, such as `a JSON web token`; undefined when it holds none that is known. */
export function secretKind(text: string): string | undefined {
  return shapes.find(({ pattern }) => text.search(pattern) !== -1)?.kind;
}

/** The text with what looks like a secret replaced: for messages that quote other people's words. */
export function redactSecrets(text: string): string {
  if (!hint.test(text)) return text;
  return shapes.reduce((redacted, { pattern }) => redacted.replace(pattern, '[redacted]'), text);
}

/** Whether a key of this name holds a secret: `password`, `clientSecret`, `api_key`, `x-auth-token`, … */
export function isSecretName(key: string): boolean {
  return /(?:password|passwd|passphrase|secret|token|apikey|accesskey|privatekey|authorization|cookie)$/.test(
    key.toLowerCase().replace(/[^a-z0-9]/g, ''),
  );
}
