/** A variable that the test runner sets. Its absence is a failure, never a skip. */
export function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the tests with "npm test -- <path>", or set it to a server of your own.`);
  return value;
}
