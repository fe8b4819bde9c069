/** The fields of a class without its methods: what a `from` must list, so that a forgotten one does not compile. */
export type Plain<T> = { [K in keyof T as T[K] extends (...args: never[]) => unknown ? never : K]: T[K] };
