// Whether a document may follow that of the last release.
import { breakingChanges } from './breaking-changes.mjs';

/**
 * `accepted`: `[{where, what, reason}]`, the breaks that are let through. Answers the lines to print, none where nothing broke, and
 * whether it may be: a break fails unless it is accepted, or the version allows it (another major one, or below 1.0 another minor one).
 */
export const verdictOn = (before, after, accepted = []) => {
  const unexplained = accepted.filter(({ where, what, reason }) => !where || !what || !reason);
  if (unexplained.length > 0) {
    return { isAllowed: false, lines: ['docs/api/accepted-breaks.json: each entry needs where, what and reason:', ...unexplained.map((entry) => `- ${JSON.stringify(entry)}`)] };
  }
  const isAccepted = (change) => accepted.some(({ where, what }) => where === change.where && what === change.what);
  const breaks = breakingChanges(before, after).filter((change) => !isAccepted(change));
  if (breaks.length === 0) return { isAllowed: true, lines: [] };

  const isAllowed = promiseOf(before.info.version) !== promiseOf(after.info.version);
  const what = isAllowed
    ? `${after.info.version} may: say so in CHANGELOG.md.`
    : 'Keep what was promised; or change the version; or, with a reason, put it into docs/api/accepted-breaks.json.';
  return { isAllowed, lines: [`Against the release ${before.info.version}, openapi.json breaks clients:`, ...breaks.map(({ where, what: said }) => `- ${where}: ${said}`), what] };
};

/** What a version promises to keep: its major number, below 1.0 its minor too. */
const promiseOf = (version) => {
  const [major, minor] = version.split('.');
  return major === '0' ? `0.${minor}` : major;
};
