/** An address, or a name without a dot such as `localhost`: it shares its site with nothing else. */
const standsAlone = (hostname: string): boolean => !hostname.includes('.') || /^[\d.]+$/.test(hostname) || hostname.startsWith('[');

const lastLabels = (hostname: string): string => hostname.split('.').slice(-2).join('.');

/**
 * Whether a browser surely takes two URLs for different sites, and so keeps SameSite=Strict cookies from going between them. Without a list of public
 * suffixes names that share their last two labels pass for one site.
 */
export const areCrossSite = (one: string, other: string): boolean => {
  const [first, second] = [new URL(one), new URL(other)];
  if (first.protocol !== second.protocol) return true;
  if (first.hostname === second.hostname) return false;
  if (standsAlone(first.hostname) || standsAlone(second.hostname)) return true;
  return lastLabels(first.hostname) !== lastLabels(second.hostname);
};
