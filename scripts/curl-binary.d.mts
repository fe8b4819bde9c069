/** A PATH on which there is curl. Throws an error that says what to do. */
export function pathWithCurl(): string;
