import { createLikenessClient } from '../../../clients/typescript/src/index';
import { basePath } from '../settings';
import { NoAnswer, problemOf } from './problem';
import { noteServerTime } from './server-clock';
import type { SignedOutReason } from './types';

type Farewell = (reason: SignedOutReason) => void;

let sayFarewell: Farewell = () => undefined;
/** Called when the session ends, for whatever reason and in whatever tab. */
export const onFarewell = (farewell: Farewell): void => {
  sayFarewell = farewell;
};

/** The access token lives in the memory of this page, the refresh token in a cookie that no script can read. */
export const client = createLikenessClient({ baseUrl: location.origin + basePath, transport: 'cookie', onSignedOut: (reason) => sayFarewell(reason) });

export const { api } = client;

interface Answer<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** The data of a success with the headers it came with; anything else is thrown as a `Problem`, or as `NoAnswer`. */
export const withHeaders = async <T>(asked: Promise<Answer<T>>): Promise<{ readonly data: T; readonly headers: Headers }> => {
  const { data, error, response } = await asked.catch((cause: unknown) => {
    throw new NoAnswer('nobody answered', { cause });
  });
  noteServerTime(response.headers);
  if (!response.ok) throw problemOf(error, response);
  return { data: data as T, headers: response.headers };
};

type Given<T> = [T] extends [never] ? void : T;

export const answered = async <T>(asked: Promise<Answer<T>>): Promise<Given<T>> => (await withHeaders(asked)).data as Given<T>;
