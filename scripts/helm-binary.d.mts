/** The path of a Helm that works. Throws an error that says what to do. */
export function helmBinary(): string;
