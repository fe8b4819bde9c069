const ALPHABET = /^[A-Za-z0-9_-]*$/;

/**
 * Strict base64url without padding (RFC 4648 §5, §3.5): null for any text that is not the one canonical spelling of its
 * bytes. Node decodes lenient spellings too, and then one token has many texts.
 */
export const decodeBase64Url = (text: string): Buffer | null => {
  if (!ALPHABET.test(text)) return null;
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : null;
};
