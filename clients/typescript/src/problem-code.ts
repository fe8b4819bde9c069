/** The `code` of a problem+json answer; the answer stays readable. */
export const problemCodeOf = async (response: Response): Promise<string | null> => {
  if (!/^application\/problem\+json\b/i.test(response.headers.get('content-type') ?? '')) return null;
  try {
    const body: unknown = await response.clone().json();
    return typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string' ? body.code : null;
  } catch {
    return null; // cut short on its way
  }
};
