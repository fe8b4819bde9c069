const FIRST_SECONDS = 5;
const LONGEST_SECONDS = 6 * 3_600;

/** After so many tries, about a day and a half in all, a delivery is dead until somebody asks for it again. */
export const MAX_ATTEMPTS = 15;

/** Seconds until the next try after `attempts`: doubling from 5 s to 6 h, half of it at random so that receivers that come back are not overrun. */
export const retryDelaySeconds = (attempts: number, random: number): number => {
  const longest = Math.min(FIRST_SECONDS * 2 ** (attempts - 1), LONGEST_SECONDS);
  return longest * (0.5 + random / 2);
};
