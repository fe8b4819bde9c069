export const INSERT_MANY_USERS: string;
